"use client";
import { ChartPointer } from "@/components/ui/chart-pointer";
import { useHydratedNow, useTimeMode } from "@/components/ui/clock";
import type { Runner } from "@/contract/runner";
import { BEATS_KEPT } from "@/contract/words";
import { BeatStrip } from "./beat-strip";
import { BEAT_COLUMNS, beatFigures } from "./beats";

/** A runner's last beats, each of which can be pointed at. */
export function BeatChart({ runner }: { runner: Runner }) {
  const nowMs = useHydratedNow();
  const isUtc = useTimeMode() === "utc";
  const time = new Intl.DateTimeFormat(undefined, {
    ...({ hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" } as const),
    ...(isUtc ? { timeZone: "UTC" } : {}),
  });
  const rows = beatFigures(runner, runner.state === "ended" ? null : nowMs, (atMs) => time.format(atMs));
  const first = BEATS_KEPT - rows.length;
  return (
    <div className="relative">
      <BeatStrip runner={runner} className="h-8 w-full" />
      {rows.length > 0 && (
        <ChartPointer
          title="Heartbeats"
          places={{ axis: null, shares: rows.map((_, index) => (first + index + 0.35) / BEATS_KEPT) }}
          figures={{ columns: BEAT_COLUMNS, rows }}
        />
      )}
    </div>
  );
}
