import { UNTIL_DEPENDENCIES } from "@/db/queries/queue/held-until";

/**
 * Returns the instant at which a task is due, as a person can be told it; null: it never comes by itself, for example
 * because the task waits for others.
 */
export function dueAt(notBefore: Date | null): Date | null {
  return notBefore === null || notBefore.getTime() >= UNTIL_DEPENDENCIES.getTime() ? null : notBefore;
}

/** Returns whether a task waits for others to be completed. */
export function isHeld({ notBefore }: { notBefore: Date | null }): boolean {
  return notBefore?.getTime() === UNTIL_DEPENDENCIES.getTime();
}
