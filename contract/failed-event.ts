/** The statuses that report a failure. */
export const FAILED_STATUSES = ["failed", "error", "cut off"] as const;
/** The fields of a payload that may hold its outcome; the first one with a text counts. */
export const STATUS_FIELDS = ["status", "terminalStatus", "state"] as const;

const BAD: ReadonlySet<unknown> = new Set(FAILED_STATUSES);

/** Whether an event reports a failure. The database search uses the same rule. */
export function isFailedEvent({ type, payload }: { type: string; payload: Record<string, unknown> }): boolean {
  if (type === "error" || payload.isError === true || payload.phase === "lease-expired") return true;
  if (typeof payload.exitCode === "number" && payload.exitCode !== 0) return true;
  return BAD.has(STATUS_FIELDS.map((name) => payload[name]).find((value) => typeof value === "string"));
}
