import { HALO } from "./bar-link";
import type { View } from "./bars";
import { AXIS_PX, type PlacedLane, ticksOf } from "./layout";
import { decimalsFor, formatOffset } from "./offset";

type ScaleProps = {
  view: View;
  startMs: number;
  width: number;
  height: number;
  lanes: readonly PlacedLane[];
  cursorMs: number | null;
};

/** What lies behind the bars: times from the start, the lanes' names, and where the cursor is. */
export function Scale({ view, startMs, width, height, lanes, cursorMs }: ScaleProps) {
  const ticks = ticksOf(view, startMs, width);
  const decimals = decimalsFor((ticks[1] ?? 0) - (ticks[0] ?? 0) || 1);
  const xOf = (ms: number) => ((ms - view.fromMs) / (view.toMs - view.fromMs)) * width;
  return (
    <svg aria-hidden="true" width={width} height={height} className="pointer-events-none absolute inset-0">
      {ticks.map((ms) => (
        <g key={ms}>
          <line x1={xOf(ms)} x2={xOf(ms)} y1={AXIS_PX - 4} y2={height} stroke="var(--line)" />
          <text
            x={Math.min(Math.max(xOf(ms), 20), width - 24)}
            y={11}
            textAnchor="middle"
            className="fill-ink-3 text-2xs tabular-nums"
          >
            {formatOffset(ms - startMs, decimals)}
          </text>
        </g>
      ))}
      {lanes.map((lane) => (
        <text key={lane.key} x={0} y={lane.nameY} className="fill-ink-2 text-2xs" style={HALO}>
          {lane.name}
        </text>
      ))}
      {cursorMs !== null && (
        <line
          x1={xOf(cursorMs)}
          x2={xOf(cursorMs)}
          y1={AXIS_PX - 6}
          y2={height}
          stroke="var(--ink-3)"
          strokeDasharray="2 2"
        />
      )}
    </svg>
  );
}
