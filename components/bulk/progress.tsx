import { formatPlural } from "@/components/ui/format";
import { State } from "@/components/ui/state";
import type { BulkAction } from "@/contract/bulk";
import { progressWordsOf } from "./progress-words";
import { RECORD_NOUNS } from "./verbs";

/** How far an action on many is, in figures and in a line. */
export function progressOf(bulk: BulkAction): { processedCount: number; isRunning: boolean; title: string } {
  const isRunning = bulk.endedAt === null;
  const progressWords = progressWordsOf(bulk.kind, bulk.action);
  const noun = RECORD_NOUNS[bulk.kind];
  const ended = `${bulk.state === "aborted" ? "Stopped: " : ""}${formatPlural(bulk.done, noun)} ${progressWords.done}`;
  return {
    processedCount: bulk.done + bulk.unchanged + bulk.refused,
    isRunning,
    title: isRunning ? `${progressWords.doing} ${formatPlural(bulk.total, noun)}` : ended,
  };
}

/** How many are dealt with, and how many of those were left as they were or refused. */
export function Counts({ bulk }: { bulk: BulkAction }) {
  const { processedCount } = progressOf(bulk);
  return (
    <span className="tabular-nums">
      {processedCount.toLocaleString("en")} of {bulk.total.toLocaleString("en")}
      {bulk.unchanged > 0 && `, ${bulk.unchanged.toLocaleString("en")} unchanged`}
      {bulk.refused > 0 && <span className="text-warn">, {bulk.refused.toLocaleString("en")} rejected</span>}
    </span>
  );
}

/** A bar of how far it is. */
export function ProgressBar({ bulk, className }: { bulk: BulkAction; className: string }) {
  const { processedCount } = progressOf(bulk);
  return (
    <progress
      aria-label={`${progressWordsOf(bulk.kind, bulk.action).doing} ${RECORD_NOUNS[bulk.kind]}s`}
      className={`h-1.5 overflow-hidden rounded-full [&::-webkit-progress-bar]:bg-sunken [&::-webkit-progress-value]:bg-accent-fill ${className}`}
      max={Math.max(1, bulk.total)}
      value={processedCount}
    />
  );
}

/** Where it is in its life. */
export function BulkState({ bulk, isBare }: { bulk: BulkAction; isBare?: boolean }) {
  const { state, refused } = bulk;
  if (state === "aborted") return <State isIconless={isBare} state="cancelled" word="Stopped" />;
  if (state === "completed" && refused > 0) return <State isIconless={isBare} state="cut off" word="Partly rejected" />;
  return <State isIconless={isBare} state={state} word={state === "completed" ? "Completed" : "Running"} />;
}
