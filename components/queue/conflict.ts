import { readError, type ShownError } from "@/components/trpc/errors";
import { toastError } from "@/components/ui/error/error-toast";

/** The row as it is now, out of a refusal of a change to one that was changed meanwhile. */
export function currentOf<Row>(error: ShownError): Row | null {
  if (error.reason !== "version-conflict") return null;
  return (error.details?.current ?? null) as Row | null;
}

/** Says that a change was refused; where somebody changed the row meanwhile, that is put in its place and said instead. */
export function toastRefused<Row>(failure: unknown, updateCached: (row: Row) => void, changed: string): void {
  const current = currentOf<Row>(readError(failure));
  if (current !== null) updateCached(current);
  toastError(failure, current === null ? undefined : changed);
}
