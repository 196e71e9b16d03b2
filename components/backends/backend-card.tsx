"use client";
import { Activity, Power } from "lucide-react";
import dynamic from "next/dynamic";
import { useState } from "react";
import { DemoLabel } from "@/components/sessions/demo-label";
import { useCanOperate, useRulesAll } from "@/components/shell/identity";
import { Button } from "@/components/ui/button";
import { LimitCell } from "@/components/ui/form/limit-cell";
import { formatDuration, formatPlural } from "@/components/ui/format";
import { revealHidden } from "@/components/ui/hidden-characters";
import { type Fact, Facts } from "@/components/ui/page";
import { State, TONE_TEXT } from "@/components/ui/state";
import { Clocked } from "@/components/ui/time/clocked";
import { Time } from "@/components/ui/time/time";
import { ProfileUse } from "@/components/usage/profile-use";
import type { Backend } from "@/contract/backend";
import type { UsageSummary } from "@/contract/usage";
import type { LatencyWindow } from "@/contract/words";
import { BackendCurls } from "./backend-curls";
import { type Condition, conditionOf, endsByItself, isHeldUp, maxRunningOf } from "./condition";
import { useBackend } from "./use-backend";

const Latency = dynamic(() => import("./latency-chart").then((module) => module.Latency), { ssr: false });
const SwitchOffDialog = dynamic(() => import("./switch-off-dialog").then((module) => module.SwitchOffDialog), {
  ssr: false,
});

type BackendCardProps = {
  backend: Backend;
  /** What profiles' calls took; absent until it is known. */
  usage: UsageSummary | undefined;
  /** How far back its latency is told. */
  within: LatencyWindow;
};

/** A profile: how it stands and why, what it is, how much of it is used, and what a person may do about it. */
export function BackendCard({ backend, usage, within }: BackendCardProps) {
  const { profile } = backend;
  const isClocked = endsByItself(backend);
  // What comes later is given its room, so that nothing moves.
  const hasCalls = usage?.items.some(({ group }) => group === profile) ?? false;
  return (
    <li
      id={`profile-${profile}`}
      aria-label={profile}
      className="flex min-w-0 flex-col gap-3 rounded-lg border bg-panel p-4"
    >
      <div className="flex flex-wrap items-center justify-between gap-2">
        <h2 className="flex items-center gap-2 text-sm font-semibold">
          {profile} <DemoLabel profile={profile} />
        </h2>
        <span className="flex items-center gap-2">
          <Clocked isOn={isClocked}>{(nowMs) => <Standing condition={conditionOf(backend, nowMs)} />}</Clocked>
          <BackendCurls backend={backend} />
        </span>
      </div>
      <Clocked isOn={isClocked}>{(nowMs) => <Why condition={conditionOf(backend, nowMs)} />}</Clocked>
      <Facts items={factsOf(backend)} />
      <Capacity backend={backend} />
      {backend.isConfigured && <LastTry backend={backend} />}
      {usage !== undefined && <ProfileUse summary={usage} profile={profile} />}
      <div className={hasCalls ? "min-h-67" : "min-h-14.5"}>
        <Latency profile={profile} within={within} />
      </div>
      <Clocked isOn={isClocked}>{(nowMs) => <Actions backend={backend} isHeldUp={isHeldUp(backend, nowMs)} />}</Clocked>
    </li>
  );
}

function Standing({ condition: { state, word, tone } }: { condition: Condition }) {
  return <State state={state} word={word} tone={tone} />;
}

function Why({ condition }: { condition: Condition }) {
  if (condition.why === null) return null;
  return (
    <p className="text-xs text-ink-2">
      {condition.why}
      {condition.until !== null && (
        <>
          {" "}
          Gets work again <Time at={condition.until} />.
        </>
      )}
    </p>
  );
}

const WIRE_NAMES = { chat: "chat completions", responses: "responses" } as const;

function factsOf(backend: Backend): Fact[] {
  return [
    ["Model", backend.model ?? "None"],
    ["Address", backend.baseUrl],
    ["Protocol", backend.wire === null || backend.isDemo ? null : WIRE_NAMES[backend.wire]],
    ["Key", backend.isConfigured && !backend.isDemo ? <KeyFact key="key" value={backend.key} /> : null],
    ["Command", <code key="command">{revealHidden(formatValue(backend.capabilities.command))}</code>],
  ];
}

function KeyFact({ value: { source, isPresent, since } }: { value: Backend["key"] }) {
  if (source === "none") return <>Not needed</>;
  const origin = source === "file" ? "file" : "environment variable";
  if (!isPresent) return <span className={TONE_TEXT.bad}>Missing ({origin})</span>;
  return (
    <>
      Set ({origin})
      {since !== null && (
        <>
          , updated <Time at={since} />
        </>
      )}
    </>
  );
}

/** What takes a place of the profile's limit, and what waits for one; the bar has what takes one. */
function Capacity({ backend }: { backend: Backend }) {
  const canChange = useRulesAll();
  const { setMaxRunning } = useBackend(backend);
  const { running, waiting } = backend.tasks;
  const { otherTurns } = backend;
  const taken = running + otherTurns;
  const max = maxRunningOf(backend);
  return (
    <div className="flex flex-col gap-1.5">
      <p className="flex flex-wrap items-center gap-x-1 text-xs text-ink-2 tabular-nums">
        Queue tasks: {running.toLocaleString("en")} running, {waiting.toLocaleString("en")} waiting
        {otherTurns > 0 && <>, {formatPlural(otherTurns, "turn")} outside the queue</>} ·{" "}
        <span className="inline-flex items-center whitespace-nowrap">
          Limit:
          <LimitCell
            label={`Concurrent queue tasks of ${backend.profile}`}
            value={max}
            none="No limit"
            isFixed={!canChange}
            min={0}
            onChange={setMaxRunning}
          />
        </span>
      </p>
      {max !== null && max > 0 && (
        <div
          role="img"
          aria-label={placesTaken({ running, otherTurns, max })}
          title={placesTaken({ running, otherTurns, max })}
          className="flex h-1.5 overflow-hidden rounded-full bg-hover"
        >
          <div
            className={taken >= max ? "bg-warn" : "bg-accent"}
            style={{ width: `${Math.min(100, (100 * running) / max)}%` }}
          />
          <div
            className={taken >= max ? "bg-warn/60" : "bg-accent/60"}
            style={{ width: `${Math.min(100, (100 * otherTurns) / max)}%` }}
          />
        </div>
      )}
    </div>
  );
}

function placesTaken({ running, otherTurns, max }: { running: number; otherTurns: number; max: number }): string {
  const taken = `${running + otherTurns} of ${formatPlural(max, "slot")} in use`;
  return `${taken}: ${formatPlural(running, "task")} running and ${formatPlural(otherTurns, "turn")} of other runs. Waiting work uses none.`;
}

function LastTry({ backend: { probe, isDemo } }: { backend: Backend }) {
  if (probe === null)
    return <p className="text-xs text-ink-3">{isDemo ? "Built into this server" : "Not tested yet"}</p>;
  return (
    <div className="flex flex-col gap-1 text-xs text-ink-2">
      <p>
        Tested <Time at={probe.at} />: {revealHidden(probe.message)}
        {probe.latencyMs !== null && probe.latencyMs > 0 && <>, after {formatDuration(probe.latencyMs)}</>}
        {probe.failures > 1 && <>, {probe.failures} times in a row</>}.
      </p>
      {probe.models !== null && probe.models.length > 0 && (
        <details>
          <summary className="cursor-pointer">{formatPlural(probe.models.length, "model")}</summary>
          <ul className="scroll-thin mt-1 max-h-40 overflow-y-auto pl-3 font-mono text-2xs wrap-anywhere">
            {probe.models.map((model) => (
              <li key={model}>{revealHidden(model)}</li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}

function Actions({ backend, isHeldUp }: { backend: Backend; isHeldUp: boolean }) {
  const canOperate = useCanOperate();
  const canSet = useRulesAll();
  const actions = useBackend(backend);
  const [isAsking, setIsAsking] = useState(false);
  if (!canOperate) return null;
  return (
    <div className="mt-auto flex flex-wrap gap-2 pt-1">
      {backend.isConfigured && (
        <Button size="sm" disabled={actions.isTesting} onClick={actions.test}>
          <Activity aria-hidden className="size-3.5" /> {actions.isTesting ? "Testing…" : "Test now"}
        </Button>
      )}
      {canSet && isHeldUp && (
        <Button size="sm" disabled={actions.isSetting} onClick={actions.setUp}>
          Resume
        </Button>
      )}
      {canSet &&
        (backend.disabled === null ? (
          <Button size="sm" variant="ghost" onClick={() => setIsAsking(true)}>
            <Power aria-hidden className="size-3.5" /> Switch off…
          </Button>
        ) : (
          <Button size="sm" disabled={actions.isSetting} onClick={actions.switchOn}>
            <Power aria-hidden className="size-3.5" /> Switch on
          </Button>
        ))}
      {isAsking && (
        <SwitchOffDialog
          backend={backend}
          isOpen
          isPending={actions.isSetting}
          onOpenChange={setIsAsking}
          onConfirm={(reason) => {
            setIsAsking(false);
            actions.switchOff(reason);
          }}
        />
      )}
    </div>
  );
}

function formatValue(value: unknown): string {
  if (typeof value === "string") return value;
  return value === undefined || value === null ? "unknown" : JSON.stringify(value);
}
