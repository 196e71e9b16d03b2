"use client";
import { formatDuration } from "@/components/ui/format";
import { showTricks } from "@/components/ui/hidden-text";
import { Tile } from "@/components/ui/tile";
import { Duration } from "@/components/ui/time";
import type { QueueCommander } from "@/contract/queue-commander";
import type { QueueFilter } from "./filter";
import { useDoneToday } from "./use-done";

type TilesProps = {
  commander: QueueCommander;
  filter: QueueFilter;
  onChange: (change: Partial<QueueFilter>) => void;
};

/** How the queue stands; a figure that stands for tasks shows them. */
export function Tiles({ commander, filter, onChange }: TilesProps) {
  const { stats, waits, throughput, oldest } = commander;
  // It goes with the clock, every second: here, where little is drawn again for it.
  const doneToday = useDoneToday(filter.queue);
  const count = (...states: string[]) => states.reduce((sum, state) => sum + (stats.byState[state] ?? 0), 0);
  const show = (state: QueueFilter["state"]) => ({
    isOn: filter.state === state,
    onPress: () => onChange({ state: filter.state === state ? "all" : state }),
  });
  const failed = count("failed");
  return (
    <dl className="grid grid-cols-2 gap-px overflow-hidden rounded-lg border bg-line sm:grid-cols-4 xl:grid-cols-8">
      <Tile
        name="Waiting"
        figure={count("pending").toLocaleString("en")}
        note="to be dispatched"
        {...show("pending")}
      />
      <Tile
        name="Running"
        figure={count("dispatched", "running").toLocaleString("en")}
        note={count("dispatched") === 0 ? "at work" : `${count("dispatched")} of them starting`}
        {...show("running")}
      />
      <Tile
        name="Done today"
        figure={doneToday ?? "…"}
        note={`${count("completed").toLocaleString("en")} ever`}
        {...show("completed")}
      />
      <Tile
        name="Failed"
        figure={failed.toLocaleString("en")}
        note="for good"
        tone={failed > 0 ? "text-bad" : undefined}
        {...show("failed")}
      />
      <Tile
        name="Oldest"
        figure={oldest === null ? "none" : <Duration from={oldest.since} to={null} />}
        note={oldest === null ? "nothing waits" : showTricks(oldest.title)}
      />
      <Tile
        name="Wait p50"
        figure={waits.p50Ms === null ? "none" : formatDuration(waits.p50Ms)}
        note={waits.samples === 0 ? "nothing began of late" : "half wait less, of late"}
      />
      <Tile
        name="Wait p95"
        figure={waits.p95Ms === null ? "none" : formatDuration(waits.p95Ms)}
        note={waits.samples === 0 ? "nothing began of late" : "19 of 20 wait less"}
      />
      <Tile
        name="Per minute"
        figure={perMinute(throughput.completed)}
        note={`completed; ${perMinute(throughput.started)} begun`}
      />
    </dl>
  );
}

function perMinute(rate: number): string {
  return rate >= 10 || rate === 0 ? Math.round(rate).toLocaleString("en") : rate.toFixed(1);
}
