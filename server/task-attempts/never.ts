/** An instant that never comes: what waits for it waits for a person. */
export const NEVER = new Date("9999-12-31T00:00:00Z");

/** An instant that a person can be told; null for one that never comes. */
export function dueAt(notBefore: Date | null): Date | null {
  return notBefore === null || notBefore.getTime() >= NEVER.getTime() ? null : notBefore;
}
