"use client";
import { ChartPointer } from "@/components/ui/chart/chart-pointer";
import { useHydratedNow, useTimeMode } from "@/components/ui/time/clock";
import type { Runner } from "@/contract/runner";
import { BEATS_KEPT } from "@/contract/words";
import { HeartbeatStrip } from "./heartbeat-strip";
import { HEARTBEAT_COLUMNS, heartbeatFigures } from "./heartbeats";

/** A runner's last beats, each of which can be pointed at. */
export function HeartbeatChart({ runner }: { runner: Runner }) {
  const nowMs = useHydratedNow();
  const isUtc = useTimeMode() === "utc";
  const time = new Intl.DateTimeFormat(undefined, {
    ...({ hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" } as const),
    ...(isUtc ? { timeZone: "UTC" } : {}),
  });
  const rows = heartbeatFigures(runner, runner.state === "ended" ? null : nowMs, (atMs) => time.format(atMs));
  const first = BEATS_KEPT - rows.length;
  return (
    <div className="relative">
      <HeartbeatStrip runner={runner} className="h-8 w-full" />
      {rows.length > 0 && (
        <ChartPointer
          title="Heartbeats"
          points={{ axis: null, shares: rows.map((_, index) => (first + index + 0.35) / BEATS_KEPT) }}
          figures={{ columns: HEARTBEAT_COLUMNS, rows }}
        />
      )}
    </div>
  );
}
