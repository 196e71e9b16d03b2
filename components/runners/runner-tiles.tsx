"use client";
import { Tile } from "@/components/ui/chart/tile";
import type { RunnerStats } from "@/contract/runner";
import type { ShownState, shownState } from "./filter";

type RunnerTilesProps = {
  stats: RunnerStats;
  shown: ReturnType<typeof shownState>;
  onShow: (state: ShownState | null) => void;
};

const STATES = [
  { state: "busy", name: "Busy", note: "Working on a turn", tone: "" },
  { state: "idle", name: "Idle", note: "Waiting for a turn", tone: "" },
  { state: "draining", name: "Draining", note: "Taking no new work", tone: "" },
  { state: "late", name: "Late", note: "Missed two heartbeats", tone: "text-warn" },
  { state: "lost", name: "Lost", note: "Runs wait to continue", tone: "text-bad" },
] as const;

/** How many runners live and what they do; a press shows those alone. */
export function RunnerTiles({ stats, shown, onShow }: RunnerTilesProps) {
  const { living, capacity, starting, byState } = stats;
  const isFull = living + starting >= capacity;
  return (
    <dl className="grid shrink-0 grid-cols-2 gap-px overflow-hidden rounded-lg border bg-line sm:grid-cols-3 xl:grid-cols-6">
      <Tile
        name="Live"
        value={living.toLocaleString("en")}
        note={
          starting > 0
            ? `${starting.toLocaleString("en")} starting · limit ${capacity.toLocaleString("en")}`
            : isFull
              ? `At the limit of ${capacity.toLocaleString("en")}`
              : `Limit ${capacity.toLocaleString("en")}`
        }
        tone={isFull ? "text-warn" : undefined}
        isOn={shown === "living"}
        onPress={() => onShow(null)}
      />
      {STATES.map(({ state, name, note, tone }) => (
        <Tile
          key={state}
          name={name}
          value={byState[state].toLocaleString("en")}
          note={byState[state] === 0 ? "None" : note}
          tone={byState[state] > 0 ? tone : undefined}
          isOn={shown === state}
          onPress={() => onShow(shown === state ? null : state)}
        />
      ))}
    </dl>
  );
}
