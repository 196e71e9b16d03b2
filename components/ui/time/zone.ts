/** The zone that this browser's clock is in. */
export function ownZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** Zones that this browser knows, UTC first. */
export function knownZones(): string[] {
  return ["UTC", ...Intl.supportedValuesOf("timeZone").filter((zone) => zone !== "UTC")];
}

const YEAR_MS = 365 * 86_400_000;

/**
 * An instant as the clocks of a zone show it, with its year where it is most of one away; in UTC where this browser does
 * not know the zone.
 */
export function formatInZone(at: string, timeZone: string): string {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return at;
  const year = Math.abs(date.getTime() - Date.now()) > 0.75 * YEAR_MS ? ({ year: "numeric" } as const) : {};
  const format = {
    ...year,
    weekday: "short",
    day: "numeric",
    month: "short",
    hour: "2-digit",
    minute: "2-digit",
  } as const;
  const inIt = (zone: string) =>
    new Intl.DateTimeFormat(undefined, { ...format, timeZoneName: "short", hourCycle: "h23", timeZone: zone });
  try {
    return inIt(timeZone).format(date);
  } catch {
    return inIt("UTC").format(date);
  }
}
