import { Environment } from './environment-schema.ts'
import { findNearest } from './nearest.ts'

const SETTING_NAMES = Object.keys(Environment.properties)

/** Two letters may be wrong in a name, one in a short one: HOSTNAME, say, is nobody's HOST. */
const getMaxDistance = (length: number) => (length < 8 ? 1 : 2)

/** The setting that a name stands for, or was probably meant for. */
export const findNearestSetting = (name: string): string | undefined =>
  findNearest(name.toUpperCase(), SETTING_NAMES, getMaxDistance)

/** Names that are no settings but look like one, each with what was probably meant. */
export function findMisspeltSettings(environment: NodeJS.ProcessEnv): string[] {
  return Object.keys(environment).flatMap(name => {
    const suggestion = SETTING_NAMES.includes(name) ? undefined : findNearestSetting(name)
    return suggestion ? [`${name} is no setting; did you mean ${suggestion}?`] : []
  })
}
