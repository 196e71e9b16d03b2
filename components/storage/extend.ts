const DAY_MS = 86_400_000;

/** How much longer a volume may be kept, in what an operator thinks in. */
export const EXTENSIONS = [
  { name: "1 day", byMs: DAY_MS },
  { name: "1 week", byMs: 7 * DAY_MS },
  { name: "30 days", byMs: 30 * DAY_MS },
] as const;

export type Extension = { byMs: number } | { expiresAt: string | null };

/** When a session would expire after an extension: counted from its expiry, or from now when that has passed. */
export function expiryAfter(extension: Extension, expiresAt: string | null, nowMs: number): string | null {
  if ("expiresAt" in extension) return extension.expiresAt;
  if (expiresAt === null) return null;
  return new Date(Math.max(Date.parse(expiresAt), nowMs) + extension.byMs).toISOString();
}

/** Why an extension cannot be asked for; null when it can. The server refuses the same, in its own words. */
export function refuseExtension(extension: Extension, expiresAt: string | null, nowMs: number): string | null {
  if ("byMs" in extension)
    return expiresAt === null ? "The volume never expires, so there is nothing to extend." : null;
  if (extension.expiresAt === null) return expiresAt === null ? "The volume already never expires." : null;
  const ms = Date.parse(extension.expiresAt);
  if (Number.isNaN(ms)) return "Choose a date and time";
  if (expiresAt === null) return "The volume never expires. A date would shorten that.";
  if (ms <= Date.parse(expiresAt)) return "That is before the current expiry. An extension cannot shorten it.";
  return ms <= nowMs ? "That is in the past." : null;
}
