import { findTimeZoneName } from '../../../time/time-zones.ts'
import type { Due } from '../../content/due.ts'
import { type Series, toDue } from '../../recurrence/series.ts'
import { createTimeZoneComponent } from './calendar-time-zones.ts'
import type { JcalComponent } from './jcal.ts'

/** When a todo is due, now and later. */
export interface DueTimes {
  readonly due: Due | null
  readonly series: Series | null
}

/** A time zone that todos refer to, and when. */
interface Zone {
  readonly name: string
  readonly years: Set<number>
  endlessFrom: number | undefined
  /** Whether the calendar includes the zone, which the platform may not know; undefined before its first use. */
  isIncluded?: boolean
}

/** Collects the time zones of todos, and when they need them, before a calendar begins. */
export function createCalendarZones() {
  /** By their names in the IANA database. */
  const zones = new Map<string, Zone>()

  function addZone(due: Due | null, isEndless: boolean): Zone | undefined {
    if (!due || 'date' in due) return undefined
    const name = toName(due.timeZone)
    const zone = zones.get(name) ?? { name, years: new Set(), endlessFrom: undefined }
    const year = Number(due.dateTime.slice(0, 4))
    zone.years.add(year)
    if (isEndless) zone.endlessFrom = Math.min(year, zone.endlessFrom ?? year)
    zones.set(name, zone)
    return zone
  }

  const addAll = ({ due, series }: DueTimes): (Zone | undefined)[] => [
    addZone(due, false),
    addZone(series && toDue(series), true)
  ]

  return {
    /** Adds the zones of a todo. */
    add: (times: DueTimes): void => void addAll(times),

    /** The components of the zones of a todo that are used for the first time. */
    async include(times: DueTimes): Promise<JcalComponent[]> {
      const components: JcalComponent[] = []
      for (const zone of addAll(times)) {
        if (!zone || zone.isIncluded !== undefined) continue
        const component = await createTimeZoneComponent(zone.name, zone)
        zone.isIncluded = component !== undefined
        if (component) components.push(component)
      }
      return components
    },

    /** The name of a zone, if the calendar includes it. */
    find(timeZone: string): string | undefined {
      const zone = zones.get(toName(timeZone))
      return zone?.isIncluded ? zone.name : undefined
    }
  }
}

export type CalendarZones = ReturnType<typeof createCalendarZones>

const toName = (timeZone: string): string => findTimeZoneName(timeZone) ?? timeZone
