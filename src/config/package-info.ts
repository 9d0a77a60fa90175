import manifest from '../../package.json' with { type: 'json' }

/** The members of package.json that name the source. */
interface PackageJson {
  readonly name: string
  readonly repository?: string | { readonly url: string }
}

/** The URL of the source for a browser; undefined when package.json names none. */
export function getSourceUrl({ repository }: PackageJson): string | undefined {
  const url = typeof repository === 'object' ? repository.url : repository
  return url?.replace(/^git\+/, '').replace(/\.git$/, '')
}

/** Name, version and source of this package. */
export const packageInfo = {
  name: manifest.name,
  version: manifest.version,
  description: manifest.description,
  license: manifest.license,
  source: getSourceUrl(manifest)
}
