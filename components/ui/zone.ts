/** The zone that this browser's clock is in. */
export function ownZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** Zones that this browser knows, UTC first. */
export function knownZones(): string[] {
  return ["UTC", ...Intl.supportedValuesOf("timeZone").filter((zone) => zone !== "UTC")];
}

/** An instant as the clocks of a zone show it; in UTC where this browser does not know the zone. */
export function formatInZone(at: string, timeZone: string): string {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return at;
  const format = { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" } as const;
  const inIt = (zone: string) =>
    new Intl.DateTimeFormat(undefined, { ...format, timeZoneName: "short", hourCycle: "h23", timeZone: zone });
  try {
    return inIt(timeZone).format(date);
  } catch {
    return inIt("UTC").format(date);
  }
}
