import { formatDuration, formatPlural } from "@/components/ui/format";
import { revealHidden, revealHiddenInName } from "@/components/ui/hidden-characters";
import { type Bar, nameBar } from "./bars";
import type { Drawn } from "./layout";
import { formatOffset } from "./offset";

/** A bar in one line: what it is, when it began, how long it took and what became of it. */
export function describeBar(bar: Bar, startMs: number): string {
  const state = bar.lane === "time" ? "" : bar.isOpen ? ", in progress" : `, ${stateOf(bar)}`;
  return `${revealHiddenInName(nameBar(bar))}, ${formatOffset(bar.startMs - startMs, 1)}, ${formatDuration(bar.endMs - bar.startMs)}${state}`;
}

export function describeDrawn({ bar, bars }: Drawn, startMs: number): string {
  if (bars.length === 1) return describeBar(bar, startMs);
  return `${formatPlural(countOf(bars), "item")} from ${formatOffset(bar.startMs - startMs, 1)}, zoom in to see each`;
}

export function countOf(bars: readonly Bar[]): number {
  return bars.reduce((sum, bar) => sum + bar.count, 0);
}

const STATES: Record<string, string> = { accept: "accepted", acceptForSession: "accepted", decline: "declined" };

/** What became of it, in a word. */
export function stateOf(bar: Bar): string {
  return STATES[bar.state] ?? revealHidden(bar.state);
}
