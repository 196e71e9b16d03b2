"use client";
import { ticksOf } from "@/components/timeline/layout";
import { decimalsFor, formatOffset } from "@/components/timeline/offset";
import type { NumberedTurn } from "@/components/turns/read-turns";
import { cn } from "@/components/ui/class-names";
import { Choices } from "@/components/ui/form/choices";
import { formatDuration } from "@/components/ui/format";
import { type Both, FAILED_OUTCOMES, lengthOf, SIDES, type SideName } from "./pairs";
import { ORIGINS, type Origin, type ScaledTurn, scaleTurns } from "./scale";
import { SideMark } from "./side-name";

const ORIGIN_NAMES: Record<Origin, string> = { own: "From first message", clock: "By clock time" };
/** Ticks are placed as if it were as wide as a phone: there they just have room. */
const TICKS_PX = 360;

type CommonTimelineProps = {
  turns: Both<readonly NumberedTurn[]>;
  nowMs: number;
  origin: Origin;
  onOrigin: (origin: Origin) => void;
};

/** The turns of both on one scale: how long each took, and what lay between. */
export function CommonTimeline({ turns, nowMs, origin, onOrigin }: CommonTimelineProps) {
  const scaled = scaleTurns(turns, origin, nowMs);
  const view = { fromMs: 0, toMs: scaled.lengthMs };
  const ticks = ticksOf(view, 0, TICKS_PX);
  const decimals = decimalsFor((ticks[1] ?? 0) - (ticks[0] ?? 0) || 1);
  return (
    <div className="flex flex-col gap-2 p-4">
      <Choices label="Time axis" values={ORIGINS} names={ORIGIN_NAMES} value={origin} onChange={onOrigin} />
      <div className="relative flex flex-col gap-1 pt-5">
        {ticks.map((ms) => {
          const share = ms / scaled.lengthMs;
          return (
            <span
              key={ms}
              aria-hidden
              style={{ left: `${share * 100}%` }}
              className="pointer-events-none absolute inset-y-0 border-l text-2xs text-ink-3 tabular-nums"
            >
              <span className={cn("absolute top-0 whitespace-nowrap", share > 0.85 ? "right-1" : "left-1")}>
                {formatOffset(ms, decimals)}
              </span>
            </span>
          );
        })}
        {SIDES.map((side) => (
          <Row key={side} side={side} turns={scaled[side]} nowMs={nowMs} />
        ))}
      </div>
      <p className="flex flex-wrap gap-x-4 text-2xs text-ink-3">
        <span className="inline-flex items-center gap-1.5">
          <span aria-hidden className="inline-block h-2 w-4 rounded-xs border border-accent bg-accent-soft" /> turn
        </span>
        <span className="inline-flex items-center gap-1.5">
          <span aria-hidden className="inline-block h-2 w-4 rounded-xs border border-dashed border-bad bg-bad-soft" />{" "}
          failed turn
        </span>
        <span className="inline-flex items-center gap-1.5">
          <span aria-hidden className="inline-block h-0.5 w-4 bg-ink-3" /> waiting to start
        </span>
      </p>
    </div>
  );
}

/** One side's turns. A bar leads to its pair below, which says the same in words: keys go there. */
function Row({ side, turns, nowMs }: { side: SideName; turns: readonly ScaledTurn[]; nowMs: number }) {
  return (
    <div className="relative">
      <SideMark side={side} />
      <div aria-hidden className="relative h-6">
        {turns.map(({ turn, waitAt, at, end, offsetMs }) => (
          <span key={turn.key}>
            <span
              style={{ left: `${waitAt * 100}%`, width: `${(at - waitAt) * 100}%` }}
              className="absolute top-1/2 h-0.5 -translate-y-1/2 bg-ink-3"
            />
            {turn.startedAt !== null && (
              <a
                href={`#turn-${turn.number}`}
                tabIndex={-1}
                title={`Turn ${turn.number}, ${turn.state}: ${formatOffset(offsetMs, 1)}, took ${formatDuration(lengthOf(turn, nowMs) ?? 0)}`}
                style={{ left: `${at * 100}%`, width: `max(3px, ${(end - at) * 100}%)` }}
                className={cn(
                  "absolute inset-y-0 max-w-full overflow-hidden rounded-xs border px-1 text-2xs leading-5.5 text-ink",
                  FAILED_OUTCOMES.has(turn.state)
                    ? "border-dashed border-bad bg-bad-soft"
                    : "border-accent bg-accent-soft",
                )}
              >
                {FAILED_OUTCOMES.has(turn.state) && "✕ "}
                {end - at > 0.04 && turn.number}
              </a>
            )}
          </span>
        ))}
      </div>
    </div>
  );
}
