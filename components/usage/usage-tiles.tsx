import { Tile } from "@/components/ui/chart/tile";
import { formatCount, formatPlural } from "@/components/ui/format";
import type { Usage } from "@/contract/usage";
import { costWords, missingWords, shareWords, tokensOf } from "./words";

/** The totals of the period. */
export function UsageTiles({ usage }: { usage: Usage }) {
  const cost = costWords(usage);
  const cached = shareWords(usage.cachedInputTokens, usage.inputTokens);
  const others = [
    ...(usage.refused > 0 ? [`${usage.refused.toLocaleString("en")} refused`] : []),
    ...(usage.aborted > 0 ? [`${usage.aborted.toLocaleString("en")} aborted`] : []),
  ];
  return (
    <dl
      aria-label="Totals"
      className="grid shrink-0 grid-cols-2 gap-px overflow-hidden rounded-lg border bg-line lg:grid-cols-4"
    >
      <Tile
        name="Cost"
        value={cost ?? "—"}
        note={cost === null ? "No prices configured" : (missingWords(usage) ?? "All calls priced")}
      />
      <Tile
        name="Tokens"
        value={formatCount(tokensOf(usage))}
        note={`${formatCount(usage.inputTokens)} in (${cached} cached), ${formatCount(usage.outputTokens)} out`}
      />
      <Tile
        name="Calls"
        value={usage.calls.toLocaleString("en")}
        note={`${formatPlural(usage.ok, "call")} completed`}
      />
      <Tile
        name="Failed calls"
        value={usage.failed.toLocaleString("en")}
        note={others.length === 0 ? `${shareWords(usage.failed, usage.calls)} of calls` : others.join(", ")}
        tone={usage.failed > 0 ? "text-bad" : undefined}
      />
    </dl>
  );
}
