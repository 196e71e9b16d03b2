import { HELD_UNTIL } from "@/db/queries/never";

/** An instant that a person can be told; null for one that never comes, as of a task that waits for others. */
export function dueAt(notBefore: Date | null): Date | null {
  return notBefore === null || notBefore.getTime() >= HELD_UNTIL.getTime() ? null : notBefore;
}

/** Whether a task waits for others to be completed. */
export function isHeld({ notBefore }: { notBefore: Date | null }): boolean {
  return notBefore?.getTime() === HELD_UNTIL.getTime();
}
