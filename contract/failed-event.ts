/** What a status says of something that went wrong. */
export const FAILED_STATUSES = ["failed", "error", "cut off"] as const;
/** Where a payload tells how something ended; the first that is a text counts. */
export const STATUS_FIELDS = ["status", "terminalStatus", "state"] as const;

const BAD: ReadonlySet<unknown> = new Set(FAILED_STATUSES);

/** Whether an event tells that something went wrong. What finds events in the database asks the same. */
export function isFailedEvent({ type, payload }: { type: string; payload: Record<string, unknown> }): boolean {
  if (type === "error" || payload.isError === true || payload.phase === "lease-expired") return true;
  if (typeof payload.exitCode === "number" && payload.exitCode !== 0) return true;
  return BAD.has(STATUS_FIELDS.map((name) => payload[name]).find((value) => typeof value === "string"));
}
