import { formatPlural } from "@/components/ui/format";
import { revealHidden } from "@/components/ui/hidden-characters";
import { Panel } from "@/components/ui/page";
import type { BulkOutcomes } from "@/contract/bulk";

const OUTCOME_WORDS = { done: "done", unchanged: "unchanged", refused: "rejected" } as const;

/** Why nothing was done to some: each reason once, however many have it. */
export function BulkReasons({ outcomes: { reasons, hasMore } }: { outcomes: BulkOutcomes }) {
  return (
    <Panel title="Why some were not changed">
      <ul aria-label="Reasons" className="text-xs">
        {reasons.map(({ outcome, message, count }) => (
          <li key={`${outcome} ${message}`} className="flex gap-3 px-4 py-1.5 not-last:border-b">
            <span className="w-24 shrink-0 tabular-nums">
              {count.toLocaleString("en")} {OUTCOME_WORDS[outcome]}
            </span>
            <span className="min-w-0 wrap-anywhere text-ink-2">{revealHidden(message)}</span>
          </li>
        ))}
        {hasMore && <li className="px-4 py-1.5 text-ink-3">More than {formatPlural(reasons.length, "reason")}.</li>}
      </ul>
    </Panel>
  );
}
