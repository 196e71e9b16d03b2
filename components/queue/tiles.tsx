"use client";
import { Tile } from "@/components/ui/chart/tile";
import { formatDuration } from "@/components/ui/format";
import { revealHidden } from "@/components/ui/hidden-characters";
import { Duration } from "@/components/ui/time/time";
import type { QueueCommander } from "@/contract/queue-commander";
import type { QueueFilter } from "./filter";
import { useDoneToday } from "./use-done";

type TilesProps = {
  commander: QueueCommander;
  filter: QueueFilter;
  /** Whether the tasks that a figure narrows are shown below. */
  isNarrowing: boolean;
  onChange: (change: Partial<QueueFilter>) => void;
};

/** How the queue stands; a figure that stands for tasks shows them. */
export function Tiles({ commander, filter, isNarrowing, onChange }: TilesProps) {
  const { stats, waits, throughput, oldest } = commander;
  // It goes with the clock, every second: here, where little is drawn again for it.
  const doneToday = useDoneToday(filter.queue);
  const count = (...states: string[]) => states.reduce((sum, state) => sum + (stats.byState[state] ?? 0), 0);
  const show = (state: QueueFilter["state"]) => ({
    isOn: isNarrowing && filter.state === state,
    onPress: () => onChange({ state: isNarrowing && filter.state === state ? "all" : state }),
  });
  const failed = count("failed");
  return (
    // A phone has the figures that show tasks; the rest would push the tasks out of sight.
    <dl className="grid grid-cols-4 gap-px overflow-hidden rounded-lg border bg-line max-sm:[&_dt_svg]:hidden max-sm:[&>*:nth-child(n+5)]:hidden xl:grid-cols-8">
      <Tile name="Waiting" value={count("pending").toLocaleString("en")} note="to start" {...show("pending")} />
      <Tile
        name="Running"
        value={count("dispatched", "running").toLocaleString("en")}
        note={count("dispatched") === 0 ? "active now" : `${count("dispatched")} starting`}
        {...show("running")}
      />
      <Tile
        name="Done today"
        value={doneToday ?? "…"}
        note={`${count("completed").toLocaleString("en")} in total`}
        {...show("completed")}
      />
      <Tile
        name="Failed"
        value={failed.toLocaleString("en")}
        note="given up"
        tone={failed > 0 ? "text-bad" : undefined}
        {...show("failed")}
      />
      <Tile
        name="Oldest waiting"
        value={oldest === null ? "none" : <Duration from={oldest.since} to={null} />}
        note={oldest === null ? "none waiting" : revealHidden(oldest.title)}
      />
      <Tile
        name="Median wait"
        value={waits.p50Ms === null ? "none" : formatDuration(waits.p50Ms)}
        note={waits.samples === 0 ? "no recent starts" : "of recent starts"}
      />
      <Tile
        name="p95 wait"
        value={waits.p95Ms === null ? "none" : formatDuration(waits.p95Ms)}
        note={waits.samples === 0 ? "no recent starts" : "95% start sooner"}
      />
      <Tile
        name="Completed/min"
        value={perMinute(throughput.completed)}
        note={`${perMinute(throughput.started)} started/min`}
      />
    </dl>
  );
}

function perMinute(rate: number): string {
  return rate >= 10 || rate === 0 ? Math.round(rate).toLocaleString("en") : rate.toFixed(1);
}
