"use client";
import type { ReactNode } from "react";
import { readError } from "@/components/trpc/errors";
import { cn } from "@/components/ui/class-names";
import { formatCount } from "@/components/ui/format";
import { revealHidden } from "@/components/ui/hidden-characters";
import { costWords, missingWords, tokensOf } from "@/components/usage/words";
import type { SessionDigest, SessionSummary } from "@/contract/session";
import type { Spent } from "@/contract/usage";
import { useDigest, useInSight } from "./use-digest";

type CellProps = { session: SessionSummary };

/** What was last said in a session, as it comes. */
export function LastMessageCell({ session }: CellProps) {
  return (
    <DigestCell session={session} className="max-w-80 min-w-32 truncate">
      {({ lastEvent }) =>
        lastEvent === null ? null : <span title={revealHidden(lastEvent.text)}>{revealHidden(lastEvent.text)}</span>
      }
    </DigestCell>
  );
}

/** How many tokens a session's calls took, and their cost where it is known. */
export function TokensCell({ session }: CellProps) {
  return (
    <DigestCell session={session} className="whitespace-nowrap">
      {({ tokens }) => (tokens.calls === 0 ? null : <SpentWords spent={tokens} />)}
    </DigestCell>
  );
}

/** Tokens and cost on a line. */
function SpentWords({ spent }: { spent: Spent }) {
  const cost = costWords(spent);
  const { inputTokens, cachedInputTokens, outputTokens } = spent;
  const [input, cached, output] = [inputTokens, cachedInputTokens, outputTokens].map((count) =>
    count.toLocaleString("en"),
  );
  const exact = `${input} in / ${cached} cached / ${output} out`;
  const missing = missingWords(spent);
  return (
    <span title={missing === null ? exact : `${exact}. ${missing}`}>
      {formatCount(tokensOf(spent))}
      {cost !== null && <span className="text-ink-3"> {cost}</span>}
    </span>
  );
}

/** The same in words, beside what else is told of one session. */
export function SessionSpent({ session }: CellProps) {
  const { digest } = useDigest(session, true);
  if (!digest || digest.tokens.calls === 0) return null;
  return (
    <p className="border-b px-3 py-1.5 text-xs text-ink-2 tabular-nums">
      <SpentWords spent={digest.tokens} /> tokens
    </p>
  );
}

type DigestCellProps = CellProps & { className: string; children: (digest: SessionDigest) => ReactNode };

/** Asked for once it is in sight. */
function DigestCell({ session, className, children }: DigestCellProps) {
  const { ref, isInSight } = useInSight();
  const { digest, error } = useDigest(session, isInSight);
  const isUnknown = digest === undefined;
  const shown = digest ? children(digest) : null;
  return (
    <span ref={ref} aria-busy={isInSight && isUnknown && error === null} className={cn("block", className)}>
      {shown ?? (
        <span className="text-ink-3" title={isUnknown && error !== null ? readError(error).message : undefined}>
          {isUnknown ? (error === null ? "…" : "Unknown") : "None"}
        </span>
      )}
    </span>
  );
}
