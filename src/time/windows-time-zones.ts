import windowsZones from 'cldr-core/supplemental/windowsZones.json' with { type: 'json' }

/** The territory of a zone that stands for all. */
const WORLD = '001'

const { mapTimezones } = windowsZones.supplemental.windowsZones
const zones = mapTimezones.map(({ mapZone }) => mapZone).filter(({ _territory }) => _territory === WORLD)
const nameByWindowsName = new Map(zones.map(zone => [zone._other.toLowerCase(), zone._type]))

/**
 * Finds the IANA name of a time zone of Windows, such as `W. Europe Standard Time` (Unicode CLDR, windowsZones); undefined for
 * an unknown name.
 */
export const findWindowsTimeZone = (name: string): string | undefined =>
  nameByWindowsName.get(name.toLowerCase())
