"use client";
import { ListFilter } from "lucide-react";
import { cn } from "@/components/ui/class-names";
import { formatDuration } from "@/components/ui/format";
import { Duration } from "@/components/ui/time";
import type { QueueCommander } from "@/contract/queue-commander";
import type { QueueFilter } from "./filter";

type TilesProps = {
  commander: QueueCommander;
  /** Tasks completed since midnight; null while that is not known. */
  doneToday: string | null;
  filter: QueueFilter;
  onChange: (change: Partial<QueueFilter>) => void;
};

/** How the queue stands; a figure that stands for tasks shows them. */
export function Tiles({ commander, doneToday, filter, onChange }: TilesProps) {
  const { stats, waits, throughput, oldest } = commander;
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
        note={oldest === null ? "nothing waits" : oldest.title}
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

type TileProps = {
  name: string;
  figure: React.ReactNode;
  note: string;
  tone?: string;
  isOn?: boolean;
  onPress?: () => void;
};

function Tile({ name, figure, note, tone, isOn, onPress }: TileProps) {
  return (
    <div
      className={cn(
        "relative flex min-w-0 flex-col bg-panel px-3 py-2.5 has-focus-visible:z-10 has-focus-visible:outline-2 has-focus-visible:-outline-offset-2 has-focus-visible:outline-accent",
        onPress !== undefined && "hover:bg-hover",
        isOn && "bg-accent-soft",
      )}
    >
      <dt className="flex items-center justify-between gap-1 text-xs text-ink-2">
        <span className="truncate">{name}</span>
        {onPress !== undefined && (
          <ListFilter aria-hidden className={cn("size-3 shrink-0", isOn ? "text-accent" : "text-ink-3")} />
        )}
      </dt>
      <dd className={cn("truncate text-lg leading-7 font-semibold tracking-tight tabular-nums", tone)}>
        {onPress === undefined ? (
          figure
        ) : (
          <button
            type="button"
            aria-pressed={isOn}
            aria-label={`${name}: ${figure}, show these alone`}
            onClick={onPress}
            className="outline-none after:absolute after:inset-0"
          >
            {figure}
          </button>
        )}
      </dd>
      <dd className="truncate text-2xs text-ink-3" title={note}>
        {note}
      </dd>
    </div>
  );
}
