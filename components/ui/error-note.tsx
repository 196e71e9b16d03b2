import { readError } from "@/components/trpc/errors";
import { cn } from "./class-names";

/** What went wrong with what was just asked for, beside it; nothing while nothing did. */
export function ErrorNote({ error, className }: { error: unknown; className?: string }) {
  if (error === null || error === undefined) return null;
  return (
    <p role="alert" className={cn("rounded-md bg-bad-soft p-2 text-xs text-bad", className)}>
      {readError(error).message}
    </p>
  );
}
