"use client";
import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { Ban, Pencil, RotateCw } from "lucide-react";
import Link from "next/link";
import { useEffect } from "react";
import { PeekBody, PeekLinks, PeekPanel, PeekPart } from "@/components/peek/peek-panel";
import { RunLines } from "@/components/peek/run-lines";
import { promptOf } from "@/components/queue/add/prompt";
import { canCancel, canPrioritise, canRetry } from "@/components/queue/allowed-actions";
import type { RowAction } from "@/components/queue/row-actions";
import { TaskMenu } from "@/components/queue/task-menu";
import { runAddress, sessionAddress, taskAddress } from "@/components/shell/addresses";
import { useCanOperate } from "@/components/shell/identity";
import { useTRPC } from "@/components/trpc/client";
import { attemptPages } from "@/components/trpc/lists";
import { Button } from "@/components/ui/button";
import { sentence, shortenId } from "@/components/ui/format";
import { revealHidden } from "@/components/ui/hidden-characters";
import { Facts } from "@/components/ui/page";
import { State } from "@/components/ui/state";
import { Countdown, Duration, Time } from "@/components/ui/time/time";
import { failureWords } from "@/contract/failure-words";
import type { QueueTaskSummary } from "@/contract/queue";
import { isActiveTask } from "@/contract/words";
import { stateWords, wordsOf } from "./explain";
import { WhyFailed } from "./why-failed";
import { WhyItWaits } from "./why-it-waits";

type TaskPeekProps = { task: QueueTaskSummary; onAction: (what: RowAction) => void; onClose: () => void };

/** A look into a task beside the list: why it waits or failed, what it asks, how it was tried, and what can be done. */
export function TaskPeek({ task, onAction, onClose }: TaskPeekProps) {
  const canOperate = useCanOperate();
  return (
    <PeekPanel
      id={task.id}
      title={revealHidden(task.title)}
      state={<State isIconless {...wordsOf(task)} />}
      href={taskAddress(task.id)}
      actions={<TaskMenu task={task} canOperate={canOperate} isInPeek onAct={onAction} />}
      onClose={onClose}
    >
      <PeekBody>
        <PeekLinks
          links={[
            ["Session", task.sessionId === null ? null : sessionAddress(task.sessionId)],
            ["Run", task.runId === null ? null : runAddress(task.runId)],
          ]}
        />
        {task.state === "pending" && <WhyItWaits key={task.id} task={task} />}
        {task.state === "failed" && <WhyFailed task={task} />}
        {canOperate && <TaskActions task={task} onAction={onAction} />}
        <PeekPart title="Prompt">
          <p className="line-clamp-6 text-xs wrap-anywhere whitespace-pre-wrap">{revealHidden(promptOf(task))}</p>
        </PeekPart>
        <TaskFacts task={task} />
        {task.attemptCount > 0 && <Attempts key={task.id} task={task} />}
        {task.runId !== null && isActiveTask(task.state) && (
          <PeekPart title="Latest output">
            <RunLines key={task.runId} runId={task.runId} className="max-h-80 rounded-md border bg-code" />
          </PeekPart>
        )}
      </PeekBody>
    </PeekPanel>
  );
}

function TaskActions({ task, onAction }: { task: QueueTaskSummary; onAction: (what: RowAction) => void }) {
  return (
    <p className="flex flex-wrap gap-2">
      <Button size="sm" disabled={!canRetry(task)} onClick={() => onAction("retry")}>
        <RotateCw aria-hidden className="size-3.5" /> {task.state === "pending" ? "Start now" : "Retry"}
      </Button>
      <Button size="sm" disabled={!canPrioritise(task)} onClick={() => onAction("change")}>
        <Pencil aria-hidden className="size-3.5" /> Edit…
      </Button>
      <Button size="sm" disabled={!canCancel(task)} onClick={() => onAction("cancel")}>
        <Ban aria-hidden className="size-3.5" /> Cancel…
      </Button>
    </p>
  );
}

function TaskFacts({ task }: { task: QueueTaskSummary }) {
  return (
    <Facts
      items={[
        ["Queue", revealHidden(`${task.queue} / ${task.lane}, priority ${task.priority}`)],
        ["Profile", revealHidden(task.backendProfile)],
        ["Attempts", task.attemptCount],
        ["Next", task.nextAttemptAt === null ? null : <Countdown key="n" to={task.nextAttemptAt} />],
        ["Key", revealHidden(task.concurrencyKey)],
        ["Expires", task.expiresAt === null ? null : <Time key="e" at={task.expiresAt} />],
        ["Added", <Time key="a" at={task.createdAt} />],
      ]}
    />
  );
}

const ATTEMPTS_SHOWN = 3;

/** The last attempts, and what ended each. */
function Attempts({ task: { id, version } }: { task: QueueTaskSummary }) {
  const trpc = useTRPC();
  const client = useQueryClient();
  // The stream tells of the task alone.
  // biome-ignore lint/correctness/useExhaustiveDependencies: what changes a task may be an attempt of it.
  useEffect(() => void client.invalidateQueries({ queryKey: trpc.queue.listAttempts.pathKey() }), [version]);
  const pages = useInfiniteQuery(attemptPages(trpc, id)).data?.pages ?? [];
  const attempts = pages.flatMap(({ items }) => items).slice(0, ATTEMPTS_SHOWN);
  if (attempts.length === 0) return null;
  return (
    <PeekPart title="Last attempts">
      <ul className="flex flex-col gap-1 text-xs">
        {attempts.map(({ attempt, state, runId, dispatchedAt, startedAt, endedAt, failureKind, failureMessage }) => (
          <li key={attempt} className="flex flex-wrap items-center gap-x-2">
            <span className="text-ink-3 tabular-nums">{attempt}</span>
            <State isIconless {...stateWords(state)} />
            {runId !== null && (
              <Link href={runAddress(runId)} prefetch={false} title={runId} className="font-mono text-accent underline">
                {shortenId(runId, 4)}
              </Link>
            )}
            <Duration from={startedAt ?? dispatchedAt} to={endedAt} className="text-ink-2" />
            {failureKind !== null && (
              <span className="basis-full wrap-anywhere text-bad">
                {revealHidden(
                  [sentence(failureWords(failureKind)), failureMessage].filter((part) => part !== null).join(": "),
                )}
              </span>
            )}
          </li>
        ))}
      </ul>
    </PeekPart>
  );
}
