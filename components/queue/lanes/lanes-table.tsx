"use client";
import { Pause, Play } from "lucide-react";
import dynamic from "next/dynamic";
import { useState } from "react";
import { useDoneByLane } from "@/components/queue/use-done";
import { Button } from "@/components/ui/button";
import { cn } from "@/components/ui/class-names";
import { LimitCell } from "@/components/ui/form/limit-cell";
import { revealHidden } from "@/components/ui/hidden-characters";
import { ShowAll } from "@/components/ui/list/show-all";
import { type Column, Table } from "@/components/ui/list/table";
import { ActionsMenu } from "@/components/ui/menu/actions-menu";
import { MenuItem } from "@/components/ui/menu/menu";
import { Panel } from "@/components/ui/page";
import { State } from "@/components/ui/state";
import { Duration } from "@/components/ui/time/time";
import type { QueueControl } from "@/contract/queue-control";
import { ALL_TENANTS } from "@/contract/words";
import { RateCell } from "./rate-cell";
import { type ControlChange, laneName, useCanChangeControl, useControl } from "./use-control";

const StopDialog = dynamic(() => import("./stop-dialog").then((module) => module.StopDialog), { ssr: false });

/** More than these, and the rest is asked for. */
const PLACES_SHOWN = 8;

type LanesTableProps = {
  queue: string | null;
  controls: readonly QueueControl[];
  onChoose: (lane: { queue: string; lane: string | null }) => void;
};

/** Queues and their lanes: what waits and runs, and the limits, each changed where it stands. */
export function LanesTable({ queue, controls, onChoose }: LanesTableProps) {
  const [isWhole, setIsWhole] = useState(false);
  const { set } = useControl();
  const done = useDoneByLane(queue);
  const shown = isWhole ? controls : controls.slice(0, PLACES_SHOWN);
  const canChange = useCanChangeControl();
  const columns = columnsOf({ canChange, set, onChoose, done, hasTenants: controls.some(isOfTenant) });
  return (
    <Panel
      title="Queues and lanes"
      className="overflow-hidden"
      actions={<ShowAll count={controls.length} shown={PLACES_SHOWN} isWhole={isWhole} onChange={setIsWhole} />}
    >
      {controls.length === 0 ? (
        <p className="p-6 text-center text-sm text-ink-3">Queues appear when you add a task.</p>
      ) : (
        <Table
          label="Queues and lanes"
          rows={shown}
          columns={columns}
          keyOf={(control) => JSON.stringify([control.tenantId, control.queue, control.lane])}
          rowClassName={(control) => cn("max-sm:pr-14", control.lane === null && "bg-sunken/60")}
        />
      )}
    </Panel>
  );
}

const STATE_WORDS: Record<QueueControl["state"], string> = { open: "Open", paused: "Paused", draining: "Draining" };
const isOfTenant = ({ tenantId }: QueueControl): boolean => tenantId !== ALL_TENANTS;

type ColumnInput = {
  canChange: (control: QueueControl) => boolean;
  set: (control: QueueControl, change: ControlChange) => void;
  onChoose: LanesTableProps["onChoose"];
  done: (control: QueueControl) => number | null;
  hasTenants: boolean;
};

function columnsOf({ canChange, set, onChoose, done, hasTenants }: ColumnInput): Column<QueueControl>[] {
  return [
    {
      name: "Place",
      isLead: true,
      className: "max-sm:order-first",
      cell: (control) => (
        <span className={cn("flex items-baseline gap-1.5", control.lane !== null && "sm:pl-4")}>
          <button
            type="button"
            className={cn("truncate hover:underline", control.lane === null ? "font-semibold" : "font-medium")}
            title="Show its tasks"
            onClick={() => onChoose(control)}
          >
            {control.lane ?? control.queue}
          </button>
          <span className="text-2xs text-ink-3">
            {control.lane === null ? "whole queue" : <span className="sm:hidden">of {control.queue}</span>}
            {hasTenants && ` · ${control.tenantId === ALL_TENANTS ? "all tenants" : control.tenantId}`}
          </span>
        </span>
      ),
    },
    {
      name: "State",
      cell: (control) => (
        <State
          state={control.state}
          word={STATE_WORDS[control.state]}
          title={revealHidden([control.reason, control.updatedBy].filter(Boolean).join(" · ")) || undefined}
        />
      ),
    },
    {
      name: "Waiting",
      className: "tabular-nums sm:text-right",
      cell: (control) => <Named name="waiting" figure={control.waiting} />,
    },
    {
      name: "Oldest",
      isWideOnly: true,
      className: "text-xs whitespace-nowrap tabular-nums sm:text-right",
      cell: ({ oldestSince }) => oldestSince !== null && <Duration from={oldestSince} to={null} />,
    },
    { name: "Running", cell: (control) => <Running control={control} /> },
    {
      name: "Done, 1 h",
      isWideOnly: true,
      className: "text-xs whitespace-nowrap tabular-nums sm:text-right",
      cell: (control) => done(control)?.toLocaleString("en") ?? <span className="text-ink-3">unknown</span>,
    },
    {
      name: "Max running",
      className: "text-xs sm:text-right",
      cell: (control) => (
        <>
          <span className="text-ink-3 sm:hidden">max </span>
          <LimitCell
            label={`Max running in ${laneName(control)}`}
            value={control.maxRunning}
            none="no limit"
            min={0}
            isFixed={!canChange(control)}
            onChange={(maxRunning) => set(control, { maxRunning })}
          />
        </>
      ),
    },
    {
      name: "Rate",
      className: "text-xs whitespace-nowrap sm:text-right",
      cell: (control) => (
        <>
          <span className="text-ink-3 sm:hidden">rate </span>
          <RateCell control={control} isFixed={!canChange(control)} onChange={(change) => set(control, change)} />
        </>
      ),
    },
    {
      name: "Max per key",
      isWideOnly: true,
      className: "text-xs sm:text-right",
      cell: (control) =>
        control.lane === null && (
          <LimitCell
            label={`Max running per key in ${laneName(control)}`}
            value={control.keyMaxRunning}
            none="1"
            min={0}
            isFixed={!canChange(control)}
            onChange={(keyMaxRunning) => set(control, { keyMaxRunning })}
          />
        ),
    },
    {
      name: "Weight",
      isWideOnly: true,
      className: "text-xs whitespace-nowrap sm:text-right",
      cell: (control) =>
        control.lane !== null && (
          <LimitCell
            label={`Weight of ${laneName(control)}`}
            value={control.weight}
            none="by age"
            min={0.001}
            isWhole={false}
            isFixed={!canChange(control)}
            onChange={(weight) => set(control, { weight })}
          />
        ),
    },
    {
      name: "Actions",
      isNameHidden: true,
      className: "w-px text-right max-sm:absolute max-sm:top-2 max-sm:right-3 max-sm:w-auto",
      cell: (control) => canChange(control) && <Actions control={control} set={(change) => set(control, change)} />,
    },
  ];
}

function Named({ name, figure }: { name: string; figure: number }) {
  return (
    <>
      <span className="text-xs text-ink-3 sm:hidden">{name} </span>
      <span className={figure === 0 ? "text-ink-3" : undefined}>{figure.toLocaleString("en")}</span>
    </>
  );
}

/** How many run, and how much of the limit that is. */
function Running({ control }: { control: QueueControl }) {
  const { running, maxRunning } = control;
  const share = maxRunning === null || maxRunning === 0 ? 0 : Math.min(1, running / maxRunning);
  const isFull = maxRunning !== null && running >= maxRunning;
  return (
    <span className="flex items-center gap-2 text-xs tabular-nums">
      <span className="text-ink-3 sm:hidden">running</span>
      <span className="min-w-4">{running.toLocaleString("en")}</span>
      {maxRunning !== null && (
        <>
          <span aria-hidden className="h-1.5 w-14 overflow-hidden rounded-full bg-sunken">
            <span
              className={cn("block h-full rounded-full", isFull ? "bg-hatched" : "bg-accent-fill")}
              style={{ width: `${share * 100}%` }}
            />
          </span>
          {isFull && <span className="text-2xs text-ink-3">full</span>}
        </>
      )}
    </span>
  );
}

function Actions({ control, set }: { control: QueueControl; set: (change: ControlChange) => void }) {
  const name = laneName(control);
  const isOpen = control.state === "open";
  const [stop, setStop] = useState<"paused" | "draining" | null>(null);
  return (
    <span className="inline-flex items-center gap-1">
      <Button
        variant="ghost"
        size="icon-sm"
        aria-label={isOpen ? `Pause ${name}` : `Resume ${name}`}
        title={isOpen ? "Pause" : "Resume"}
        onClick={() => (isOpen ? setStop("paused") : set({ state: "open", reason: null }))}
      >
        {isOpen ? <Pause aria-hidden className="size-4" /> : <Play aria-hidden className="size-4" />}
      </Button>
      <ActionsMenu label={`Actions on ${name}`}>
        <MenuItem isDisabled={isOpen} onSelect={() => set({ state: "open", reason: null })}>
          Resume
        </MenuItem>
        <MenuItem isDisabled={control.state === "paused"} onSelect={() => setStop("paused")}>
          Pause…
        </MenuItem>
        <MenuItem isDisabled={control.state === "draining"} onSelect={() => setStop("draining")}>
          Drain…
        </MenuItem>
      </ActionsMenu>
      {stop !== null && <StopDialog control={control} state={stop} onClose={() => setStop(null)} />}
    </span>
  );
}
