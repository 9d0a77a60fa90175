import manifest from '../../package.json' with { type: 'json' }

/** As much of package.json as says where the source is. */
interface PackageJson {
  readonly name: string
  readonly repository?: string | { readonly url: string }
}

/** The address of the source, for a browser; undefined where package.json names none. */
export function getSourceUrl({ repository }: PackageJson): string | undefined {
  const url = typeof repository === 'object' ? repository.url : repository
  return url?.replace(/^git\+/, '').replace(/\.git$/, '')
}

/** What this is. */
export const packageInfo = {
  name: manifest.name,
  version: manifest.version,
  description: manifest.description,
  license: manifest.license,
  source: getSourceUrl(manifest)
}
