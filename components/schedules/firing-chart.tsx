import { useQuery } from "@tanstack/react-query";
import { useTRPC } from "@/components/trpc/client";
import { newestFirings } from "@/components/trpc/lists";
import { Swatch } from "@/components/ui/chart/swatch";
import { Panel } from "@/components/ui/page";
import type { ScheduleFiring } from "@/contract/schedule";
import { countResults, describeStrip, RESULT_WORDS, type Result, resultOf } from "./words";

const CELL = 10;
const HEIGHT = 24;
/** Told apart by height too: what went well stands tall, what brought no task lies low. */
const BAR_STYLES: Record<Result, { height: number; fill: string; swatch: string }> = {
  completed: { height: 24, fill: "fill-good", swatch: "bg-good" },
  open: { height: 24, fill: "fill-busy", swatch: "bg-busy" },
  failed: { height: 17, fill: "fill-bad", swatch: "bg-bad" },
  cancelled: { height: 17, fill: "fill-ink-3", swatch: "bg-ink-3" },
  gone: { height: 17, fill: "fill-line-strong", swatch: "bg-line-strong" },
  skipped: { height: 10, fill: "fill-ink-3", swatch: "bg-ink-3" },
  missed: { height: 10, fill: "fill-warn", swatch: "bg-warn" },
  refused: { height: 10, fill: "fill-bad", swatch: "bg-bad" },
};

type FiringChartProps = { scheduleId: string; pollMs: () => number };

/** A schedule's last times side by side, the newest on the right; nothing until one has come. */
export function FiringChart({ scheduleId, pollMs }: FiringChartProps) {
  const query = useQuery({ ...newestFirings(useTRPC(), scheduleId), refetchInterval: pollMs });
  const firings = query.data?.items ?? [];
  if (firings.length === 0) return null;
  return (
    <Panel title="Recent runs">
      <div className="flex flex-col gap-2 p-4">
        <Strip firings={firings} />
        <ul className="flex flex-wrap gap-x-4 gap-y-1 text-xs text-ink-2">
          {countResults(firings).map(([kind, count]) => (
            <li key={kind} className="flex items-center gap-1.5">
              <Swatch style={BAR_STYLES[kind].swatch} />
              <span className="tabular-nums">{count}</span> {RESULT_WORDS[kind]}
            </li>
          ))}
        </ul>
      </div>
    </Panel>
  );
}

function Strip({ firings }: { firings: readonly ScheduleFiring[] }) {
  const oldestFirst = firings.toReversed();
  return (
    <svg
      role="img"
      aria-label={describeStrip(firings)}
      viewBox={`0 0 ${firings.length * CELL} ${HEIGHT}`}
      // Where there is less room the cells are narrower, and as tall.
      preserveAspectRatio="none"
      width={firings.length * CELL}
      className="h-6 max-w-full"
    >
      {oldestFirst.map((firing, index) => {
        const { height, fill } = BAR_STYLES[resultOf(firing)];
        return (
          <rect
            key={firing.dueAt}
            x={index * CELL + 1}
            y={HEIGHT - height}
            width={CELL - 2}
            height={height}
            rx={1.5}
            className={fill}
          >
            <title>{`${RESULT_WORDS[resultOf(firing)]}, due ${firing.dueAt}`}</title>
          </rect>
        );
      })}
    </svg>
  );
}
