import { formatPlural } from "@/components/ui/format";
import { State } from "@/components/ui/state";
import type { BulkAction } from "@/contract/bulk";
import { doingOf } from "./doing";
import { ONE } from "./verbs";

/** How far an action on many is, in figures and in a line. */
export function progressOf(bulk: BulkAction): { dealtWith: number; isUnderWay: boolean; title: string } {
  const isUnderWay = bulk.endedAt === null;
  const words = doingOf(bulk.kind, bulk.action);
  const one = ONE[bulk.kind];
  const ended = `${bulk.state === "aborted" ? "Stopped: " : ""}${formatPlural(bulk.done, one)} ${words.done}`;
  return {
    dealtWith: bulk.done + bulk.unchanged + bulk.refused,
    isUnderWay,
    title: isUnderWay ? `${words.doing} ${formatPlural(bulk.total, one)}` : ended,
  };
}

/** How many are dealt with, and how many of those were left as they were or refused. */
export function Counts({ bulk }: { bulk: BulkAction }) {
  const { dealtWith } = progressOf(bulk);
  return (
    <span className="tabular-nums">
      {dealtWith.toLocaleString("en")} of {bulk.total.toLocaleString("en")}
      {bulk.unchanged > 0 && `, ${bulk.unchanged.toLocaleString("en")} unchanged`}
      {bulk.refused > 0 && <span className="text-warn">, {bulk.refused.toLocaleString("en")} rejected</span>}
    </span>
  );
}

/** A bar of how far it is. */
export function ProgressBar({ bulk, className }: { bulk: BulkAction; className: string }) {
  const { dealtWith } = progressOf(bulk);
  return (
    <progress
      aria-label={`${doingOf(bulk.kind, bulk.action).doing} ${ONE[bulk.kind]}s`}
      className={`h-1.5 overflow-hidden rounded-full [&::-webkit-progress-bar]:bg-sunken [&::-webkit-progress-value]:bg-accent-fill ${className}`}
      max={Math.max(1, bulk.total)}
      value={dealtWith}
    />
  );
}

/** Where it is in its life. */
export function BulkState({ bulk, isBare }: { bulk: BulkAction; isBare?: boolean }) {
  const { state, refused } = bulk;
  if (state === "aborted") return <State isBare={isBare} state="cancelled" word="Stopped" />;
  if (state === "completed" && refused > 0) return <State isBare={isBare} state="cut off" word="Partly rejected" />;
  return <State isBare={isBare} state={state} word={state === "completed" ? "Completed" : "Running"} />;
}
