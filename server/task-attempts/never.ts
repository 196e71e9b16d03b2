import { HELD_UNTIL } from "@/db/queries/queue-dependencies";

/** An instant that never comes: what waits for it waits for a person. */
export const NEVER = new Date("9999-12-31T00:00:00Z");

/** An instant that a person can be told; null for one that never comes, as of a task that waits for others. */
export function dueAt(notBefore: Date | null): Date | null {
  return notBefore === null || notBefore.getTime() >= HELD_UNTIL.getTime() ? null : notBefore;
}

/** Whether a task waits for others to be completed. */
export function isHeld({ notBefore }: { notBefore: Date | null }): boolean {
  return notBefore?.getTime() === HELD_UNTIL.getTime();
}
