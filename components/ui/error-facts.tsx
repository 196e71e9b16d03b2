import type { ShownError } from "@/components/trpc/errors";
import { cn } from "./class-names";
import { CopyButton } from "./copy";
import { shortenId } from "./format";

type ErrorFactsProps = { error: ShownError; className?: string };

/** What kind of failure it was and which request met it: to be copied for whoever reads the logs. */
export function ErrorFacts({ error, className }: ErrorFactsProps) {
  const { failureKind, reason, requestId } = error;
  return (
    <span className={cn("inline-flex flex-wrap items-center gap-x-1 font-mono text-2xs text-ink-2", className)}>
      {failureKind} · {reason}
      {requestId !== null && (
        <>
          {" · "}
          <span title={requestId}>request {shortenId(requestId)}</span>
          <CopyButton text={`${failureKind} ${reason} request ${requestId}`} label="Copy what failed and its request" />
        </>
      )}
    </span>
  );
}
