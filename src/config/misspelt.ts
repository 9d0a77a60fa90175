import { Environment } from './environment-schema.ts'
import { findNearest } from './nearest.ts'

const SETTING_NAMES = Object.keys(Environment.properties)

/** Two letters of a name may be wrong, of a short name one. */
const getMaxDistance = (length: number) => (length < 8 ? 1 : 2)

/** Finds the setting that a name equals or nearly equals, in any case. */
export const findNearestSetting = (name: string): string | undefined =>
  findNearest(name.toUpperCase(), SETTING_NAMES, getMaxDistance)

/** Finds variables whose names nearly equal a setting's. @returns a message for each */
export function findMisspeltSettings(environment: NodeJS.ProcessEnv): string[] {
  return Object.keys(environment).flatMap(name => {
    const suggestion = SETTING_NAMES.includes(name) ? undefined : findNearestSetting(name)
    return suggestion ? [`${name} is no setting; did you mean ${suggestion}?`] : []
  })
}
