import type { ShownError } from "@/components/trpc/errors";

/** The row as it is now, out of a refusal of a change to one that was changed meanwhile. */
export function currentOf<Row>(error: ShownError): Row | null {
  if (error.reason !== "version-conflict") return null;
  return (error.details?.current ?? null) as Row | null;
}
