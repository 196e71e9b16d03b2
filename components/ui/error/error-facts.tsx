import type { ShownError } from "@/components/trpc/errors";
import { cn } from "@/components/ui/class-names";
import { CopyButton } from "@/components/ui/copy";
import { shortenId } from "@/components/ui/format";

type ErrorFactsProps = { error: ShownError; className?: string };

/** What kind of failure it was and which request met it, folded away: to be copied for whoever reads the logs. */
export function ErrorFacts({ error, className }: ErrorFactsProps) {
  const { failureKind, reason, requestId } = error;
  // Nothing was reached that could know more.
  if (reason === "unreachable") return null;
  return (
    <details className={cn("inline-block text-2xs text-ink-2", className)}>
      <summary className="w-fit cursor-pointer hover:text-ink">Details</summary>
      <span className="inline-flex flex-wrap items-center gap-x-1 font-mono">
        {failureKind} · {reason}
        {requestId !== null && (
          <>
            {" · "}
            <span title={requestId}>request {shortenId(requestId)}</span>
            <CopyButton text={`${failureKind} ${reason} request ${requestId}`} label="Copy error details" />
          </>
        )}
      </span>
    </details>
  );
}
