import { Environment } from './config.ts'
import { nearest } from './nearest.ts'

const NAMES = Object.keys(Environment.properties)

/** Two letters may be wrong in a name, one in a short one: HOSTNAME, say, is nobody's HOST. */
const reach = (length: number) => (length < 8 ? 1 : 2)

/** The setting that a name stands for, or was probably meant for. */
export const settingNear = (name: string): string | undefined => nearest(name.toUpperCase(), NAMES, reach)

/** Names that are no settings but look like one, each with what was probably meant. */
export function misspeltIn(environment: NodeJS.ProcessEnv): string[] {
  return Object.keys(environment).flatMap(name => {
    const meant = NAMES.includes(name) ? undefined : settingNear(name)
    return meant ? [`${name} is no setting; did you mean ${meant}?`] : []
  })
}
