"use client";
import { Tile } from "@/components/ui/tile";
import type { RunnerStats } from "@/contract/runner";
import type { ShownState, shownState } from "./filter";

type RunnerTilesProps = {
  stats: RunnerStats;
  shown: ReturnType<typeof shownState>;
  onShow: (state: ShownState | null) => void;
};

const STATES = [
  { state: "busy", name: "Busy", note: "work on a turn", tone: "" },
  { state: "idle", name: "Idle", note: "wait for a turn", tone: "" },
  { state: "draining", name: "Draining", note: "take nothing more", tone: "" },
  { state: "late", name: "Late", note: "missed two beats or more", tone: "text-warn" },
  { state: "lost", name: "Lost", note: "their runs wait to go on", tone: "text-bad" },
] as const;

/** How many runners live and what they do; a press shows those alone. */
export function RunnerTiles({ stats, shown, onShow }: RunnerTilesProps) {
  const { living, capacity, starting, byState } = stats;
  const isFull = living + starting >= capacity;
  return (
    <dl className="grid shrink-0 grid-cols-2 gap-px overflow-hidden rounded-lg border bg-line sm:grid-cols-3 xl:grid-cols-6">
      <Tile
        name="Living"
        figure={`${living.toLocaleString("en")} of ${capacity.toLocaleString("en")}`}
        note={
          starting > 0
            ? `${starting.toLocaleString("en")} more are starting`
            : isFull
              ? "no room for more"
              : "of those that may be"
        }
        tone={isFull ? "text-warn" : undefined}
        isOn={shown === "living"}
        onPress={() => onShow(null)}
      />
      {STATES.map(({ state, name, note, tone }) => (
        <Tile
          key={state}
          name={name}
          figure={byState[state].toLocaleString("en")}
          note={byState[state] === 0 ? "none" : note}
          tone={byState[state] > 0 ? tone : undefined}
          isOn={shown === state}
          onPress={() => onShow(shown === state ? null : state)}
        />
      ))}
    </dl>
  );
}
