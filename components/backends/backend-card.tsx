"use client";
import { Activity, Power } from "lucide-react";
import dynamic from "next/dynamic";
import { type ReactNode, useState } from "react";
import { DemoLabel } from "@/components/sessions/demo-label";
import { useCanOperate, useRulesAll } from "@/components/shell/identity";
import { Button } from "@/components/ui/button";
import { useNow } from "@/components/ui/clock";
import { formatDuration, formatPlural } from "@/components/ui/format";
import { showTricks } from "@/components/ui/hidden-text";
import { LimitCell } from "@/components/ui/limit-cell";
import { Facts } from "@/components/ui/page";
import { State, TONE_TEXT } from "@/components/ui/state";
import { Time } from "@/components/ui/time";
import { ProfileUse } from "@/components/usage/profile-use";
import type { Backend } from "@/contract/backend";
import type { UsageSummary } from "@/contract/usage";
import type { LatencyWindow } from "@/contract/words";
import { BackendCurls } from "./backend-curls";
import { conditionOf, isHeldUp, maxRunningOf } from "./condition";
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
  const nowMs = useNow();
  const condition = conditionOf(backend, nowMs);
  const { profile } = backend;
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
          <State state={condition.state} word={condition.word} tone={condition.tone} />
          <BackendCurls backend={backend} />
        </span>
      </div>
      {condition.why !== null && (
        <p className="text-xs text-ink-2">
          {showTricks(condition.why)}
          {condition.until !== null && (
            <>
              {" "}
              It is given work again <Time at={condition.until} />.
            </>
          )}
        </p>
      )}
      <Facts items={factsOf(backend)} />
      <Capacity backend={backend} />
      {backend.isConfigured && <LastTry backend={backend} />}
      {usage !== undefined && <ProfileUse summary={usage} profile={profile} />}
      <Latency profile={profile} within={within} />
      <Actions backend={backend} isHeldUp={isHeldUp(backend, nowMs)} />
    </li>
  );
}

function factsOf(backend: Backend): [string, ReactNode][] {
  return [
    ["Model", backend.model ?? "none"],
    ...(backend.baseUrl === null ? [] : [["Address", backend.baseUrl] satisfies [string, ReactNode]]),
    ...(backend.wire === null || backend.isDemo
      ? []
      : [["Speaks", backend.wire === "chat" ? "chat completions" : "responses"] satisfies [string, ReactNode]]),
    ...(backend.isConfigured && !backend.isDemo
      ? [["Key", <KeyFact key="key" value={backend.key} />] satisfies [string, ReactNode]]
      : []),
    ["Command", <code key="command">{showTricks(shown(backend.capabilities.command))}</code>],
  ];
}

function KeyFact({ value: { source, isPresent, since } }: { value: Backend["key"] }) {
  if (source === "none") return <>none is needed</>;
  const place = source === "file" ? "in a file" : "in a variable";
  if (!isPresent) return <span className={TONE_TEXT.bad}>missing {place}</span>;
  return (
    <>
      there, {place}
      {since !== null && (
        <>
          , written <Time at={since} />
        </>
      )}
    </>
  );
}

/** How many queue tasks run, of how many may, as a figure and as a bar. */
function Capacity({ backend }: { backend: Backend }) {
  const canChange = useRulesAll();
  const { setMaxRunning } = useBackend(backend);
  const { running, waiting } = backend.tasks;
  const max = maxRunningOf(backend);
  return (
    <div className="flex flex-col gap-1.5">
      <p className="flex flex-wrap items-center gap-x-1 text-xs text-ink-2 tabular-nums">
        Queue tasks: {running.toLocaleString("en")} running, {waiting.toLocaleString("en")} waiting, at once
        <LimitCell
          label={`Queue tasks of ${backend.profile} at once`}
          value={max}
          none="no limit"
          isFixed={!canChange}
          min={0}
          onChange={setMaxRunning}
        />
      </p>
      {max !== null && max > 0 && (
        <div aria-hidden className="h-1.5 overflow-hidden rounded-full bg-hover">
          <div
            className={running >= max ? "h-full bg-warn" : "h-full bg-accent"}
            style={{ width: `${Math.min(100, (100 * running) / max)}%` }}
          />
        </div>
      )}
    </div>
  );
}

function LastTry({ backend: { probe, isDemo } }: { backend: Backend }) {
  if (probe === null)
    return <p className="text-xs text-ink-3">{isDemo ? "Part of this server." : "Its provider was not tried yet."}</p>;
  return (
    <div className="flex flex-col gap-1 text-xs text-ink-2">
      <p>
        Tried <Time at={probe.at} />: {showTricks(probe.message)}
        {probe.latencyMs !== null && probe.latencyMs > 0 && <>, after {formatDuration(probe.latencyMs)}</>}
        {probe.failures > 1 && <>, {probe.failures} times in a row</>}.
      </p>
      {probe.models !== null && probe.models.length > 0 && (
        <details>
          <summary className="cursor-pointer">{formatPlural(probe.models.length, "model")}</summary>
          <ul className="scroll-thin mt-1 max-h-40 overflow-y-auto pl-3 font-mono text-2xs wrap-anywhere">
            {probe.models.map((model) => (
              <li key={model}>{showTricks(model)}</li>
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
          <Activity aria-hidden className="size-3.5" /> {actions.isTesting ? "Trying…" : "Test now"}
        </Button>
      )}
      {canSet && isHeldUp && (
        <Button size="sm" disabled={actions.isSetting} onClick={actions.setUp}>
          Give it work again
        </Button>
      )}
      {canSet &&
        (backend.disabled === null ? (
          <Button size="sm" look="ghost" onClick={() => setIsAsking(true)}>
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

function shown(value: unknown): string {
  if (typeof value === "string") return value;
  return value === undefined || value === null ? "unknown" : JSON.stringify(value);
}
