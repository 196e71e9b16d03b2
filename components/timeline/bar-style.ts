import type { Bar, Lane } from "./bars";

type BarStyle = { fill: string; stroke: string; dash?: string; sign: string };

const BAD = new Set(["failed", "lost", "decline", "declined", "storage-full"]);
const UNUSUAL = new Set(["cut off", "superseded", "ambiguous", "taken over", "unknown", "interrupted", "cancelled"]);
const OF_LANE: Record<Exclude<Lane, "time">, string> = {
  runs: "ink-3",
  attempts: "busy",
  turns: "accent",
  tools: "good",
  approvals: "warn",
  archive: "ink-3",
};

/** A bar's colours. What went wrong has a broken edge and a sign as well, so that colour alone tells nothing. */
export function barStyle(bar: Bar): BarStyle {
  const tone = bar.lane === "time" ? "ink-3" : OF_LANE[bar.lane];
  if (BAD.has(bar.state)) return { fill: "var(--bad-soft)", stroke: "var(--bad)", dash: "4 2", sign: "✕ " };
  if (UNUSUAL.has(bar.state)) return { fill: "var(--warn-soft)", stroke: "var(--warn)", dash: "2 2", sign: "! " };
  const fill = tone === "ink-3" ? "var(--hover)" : `var(--${tone}-soft)`;
  if (bar.kind === "launch") return { fill: "var(--panel)", stroke: "var(--busy)", dash: "1 2", sign: "" };
  return { fill, stroke: `var(--${tone})`, sign: "" };
}
