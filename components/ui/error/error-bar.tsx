import { readError } from "@/components/trpc/errors";
import { Button } from "@/components/ui/button";
import { ErrorFacts } from "./error-facts";

/** What went wrong with what a part of a page shows, above it, and the way to try again. */
export function ErrorBar({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  const shown = readError(error);
  return (
    <div
      role="alert"
      className="flex shrink-0 flex-wrap items-center gap-2 border-b bg-bad-soft px-4 py-1.5 text-xs text-bad lg:px-6"
    >
      {shown.message} <ErrorFacts error={shown} />
      <Button size="sm" onClick={onRetry}>
        Try again
      </Button>
    </div>
  );
}
