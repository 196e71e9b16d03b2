import { readError } from "@/components/trpc/errors";
import { messageOf } from "@/components/trpc/issues";
import { cn } from "@/components/ui/class-names";
import { revealHidden } from "@/components/ui/hidden-characters";
import { ErrorFacts } from "./error-facts";

/** What went wrong with what was just asked for, beside it; nothing while nothing did. */
export function ErrorNote({ error, className }: { error: unknown; className?: string }) {
  if (error === null || error === undefined) return null;
  const shown = readError(error);
  return (
    <div role="alert" className={cn("flex flex-col gap-0.5 rounded-md bg-bad-soft p-2 text-xs text-bad", className)}>
      <p>{revealHidden(messageOf(shown))}</p>
      <ErrorFacts error={shown} />
    </div>
  );
}
