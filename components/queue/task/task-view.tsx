"use client";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Ban, Pencil, RotateCw } from "lucide-react";
import Link from "next/link";
import { useEffect, useState } from "react";
import { ApprovalCard, showApproval } from "@/components/conversation/approval-card";
import { StructuredOutput } from "@/components/conversation/structured-output";
import { ShownImages } from "@/components/images/shown-images";
import { useFrames, useWatched } from "@/components/live/provider";
import { useThrottled } from "@/components/live/throttled";
import { canCancel, canPrioritise, canRetry } from "@/components/queue/allowed-actions";
import { TaskGraph } from "@/components/queue/graph/task-graph";
import { usePriority } from "@/components/queue/use-priority";
import { useTaskReading } from "@/components/queue/use-read-marks";
import { useRetry } from "@/components/queue/use-retry";
import { explainRun } from "@/components/sessions/session-state";
import { runAddress, scheduleAddress, sessionAddress } from "@/components/shell/addresses";
import { useCanOperate, useReader } from "@/components/shell/identity";
import { setPageShortcuts } from "@/components/shell/shortcuts";
import { useTRPC } from "@/components/trpc/client";
import { leasedRun, usageOfTask } from "@/components/trpc/lists";
import { BackTo } from "@/components/ui/back-to";
import { Button } from "@/components/ui/button";
import { Id } from "@/components/ui/copy";
import { copyCurl } from "@/components/ui/curl/curl";
import { CurlMenu } from "@/components/ui/curl/curl-menu";
import { formatPlural } from "@/components/ui/format";
import { revealHidden } from "@/components/ui/hidden-characters";
import { JsonPanel } from "@/components/ui/json-panel";
import { MenuItem } from "@/components/ui/menu/menu";
import { type Fact, Facts, PageHeader, Panel, TableSkeleton } from "@/components/ui/page";
import { QueryView } from "@/components/ui/query-view";
import { RecordBody } from "@/components/ui/record-body";
import { ScrollRegion } from "@/components/ui/scroll-region";
import { State } from "@/components/ui/state";
import { Countdown, Time } from "@/components/ui/time/time";
import { ModelUsePanel } from "@/components/usage/model-use";
import { attachmentsIn } from "@/contract/image";
import type { QueueTaskDetail, QueueTaskSummary } from "@/contract/queue";
import { promptIn } from "@/contract/words";
import { CancelTaskDialog } from "./cancel-task";
import { ChangeTaskDialog } from "./change-task";
import { wordsOf } from "./explain";
import { TaskAttempts } from "./task-attempts";
import { TaskLifecycle } from "./task-lifecycle";
import { TaskOrder } from "./task-order";
import { TaskResults } from "./task-results";
import { WhyFailed } from "./why-failed";
import { WhyItWaits } from "./why-it-waits";

const REFETCH_WAIT_MS = 300;

/** A task's page: what it waits for or what it does, how it was tried, and what can be done to it. */
export function TaskView({ taskId }: { taskId: string }) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const readerId = useReader();
  const task = useQuery(trpc.queue.getTask.queryOptions({ taskId, readerId }));
  useTaskReading(task.data);
  useWatched("tasks");
  const refetch = useThrottled(REFETCH_WAIT_MS, () => {
    void client.invalidateQueries({ queryKey: trpc.queue.getTask.queryKey({ taskId, readerId }) });
    void client.invalidateQueries({ queryKey: trpc.queue.listAttempts.pathKey() });
    void client.invalidateQueries({ queryKey: trpc.queue.explain.pathKey() });
  });
  useFrames("task", (frame) => frame.id === taskId && refetch());
  return (
    <QueryView query={task} heading="Task">
      {(data) => <LoadedTask task={data} />}
    </QueryView>
  );
}

function LoadedTask({ task }: { task: QueueTaskDetail }) {
  const state = wordsOf(task);
  return (
    <div className="flex h-full min-h-0 flex-col">
      <PageHeader
        title={
          <span className="flex min-w-0 items-center gap-1.5">
            <BackTo href={`/queue?queue=${encodeURIComponent(task.queue)}`} name="All tasks" />
            <span className="wrap-anywhere">{revealHidden(task.title)}</span>
          </span>
        }
        description={
          <span className="flex flex-wrap items-center gap-x-2">
            <State isIconless {...state} />
            {task.queue} / {task.lane}
            {task.nextAttemptAt !== null && (
              <span className="text-ink-3">
                due <Countdown to={task.nextAttemptAt} />
              </span>
            )}
          </span>
        }
        actions={<Actions task={task} />}
      />
      <RecordBody facts={<TaskFacts task={task} />}>
        {task.state === "pending" && <WhyItWaits task={task} />}
        {task.state === "failed" && <WhyFailed task={task} />}
        {task.output !== null && <StructuredOutput output={task.output} />}
        <TaskOrder task={task} />
        <TaskResults task={task} />
        <TaskGraph task={task} />
        {task.runId !== null && <ItsRun runId={task.runId} />}
        <TaskAttempts taskId={task.id} />
        <TaskLifecycle task={task} />
      </RecordBody>
    </div>
  );
}

function Actions({ task }: { task: QueueTaskSummary }) {
  const canOperate = useCanOperate();
  const [dialog, setDialog] = useState<"cancel" | "change" | null>(null);
  const retry = useRetry();
  const { change } = usePriority();
  const retryTask = () => canRetry(task) && !retry.isPending && retry.mutate({ taskId: task.id });
  useEffect(() => {
    if (!canOperate) return;
    const group = "This page" as const;
    return setPageShortcuts([
      { keys: "c", name: "Cancel the task", group, run: () => canCancel(task) && setDialog("cancel") },
      { keys: "r", name: "Retry the task", group, run: retryTask },
      { keys: "e", name: "Edit the task", group, run: () => canPrioritise(task) && setDialog("change") },
      { keys: "+", name: "Raise priority", group, run: () => canPrioritise(task) && change(task, 1) },
      { keys: "-", name: "Lower priority", group, run: () => canPrioritise(task) && change(task, -1) },
    ]);
  });
  const path = `/queue/tasks/${encodeURIComponent(task.id)}`;
  const post = (act: string) => void copyCurl({ method: "POST", path: `${path}/${act}`, body: {} });
  const curls = (
    <CurlMenu>
      <MenuItem onSelect={() => void copyCurl({ path })}>Copy task as curl</MenuItem>
      <MenuItem onSelect={() => void copyCurl({ path: `${path}/explain` })}>Copy wait reason as curl</MenuItem>
      <MenuItem onSelect={() => void copyCurl({ path: `${path}/attempts` })}>Copy attempts as curl</MenuItem>
      <MenuItem onSelect={() => void copyCurl({ path: `${path}/graph` })}>Copy dependency graph as curl</MenuItem>
      {canOperate && canRetry(task) && <MenuItem onSelect={() => post("retry")}>Copy retry as curl</MenuItem>}
      {canOperate && canCancel(task) && <MenuItem onSelect={() => post("cancel")}>Copy cancel as curl</MenuItem>}
    </CurlMenu>
  );
  if (!canOperate) return curls;
  return (
    <>
      <Button disabled={!canPrioritise(task)} onClick={() => setDialog("change")}>
        <Pencil aria-hidden className="size-4" /> Edit…
      </Button>
      <Button disabled={!canRetry(task) || retry.isPending} onClick={retryTask}>
        <RotateCw aria-hidden className="size-4" /> {task.state === "pending" ? "Start now" : "Retry"}
      </Button>
      <Button disabled={!canCancel(task)} onClick={() => setDialog("cancel")}>
        <Ban aria-hidden className="size-4" />{" "}
        {task.cancelRequestedAt !== null && task.state !== "cancelled" ? "Cancelling…" : "Cancel…"}
      </Button>
      {curls}
      {dialog === "cancel" && <CancelTaskDialog task={task} onClose={() => setDialog(null)} />}
      {dialog === "change" && <ChangeTaskDialog task={task} onClose={() => setDialog(null)} />}
    </>
  );
}

/** The run of the attempt under way, or of the last, and what its agent asks for. */
function ItsRun({ runId }: { runId: string }) {
  const trpc = useTRPC();
  const run = useQuery(leasedRun(trpc, runId));
  const approvals =
    useQuery(trpc.approvals.list.queryOptions({ runId, status: "pending", limit: 10 })).data?.items ?? [];
  const sessionId = run.data?.sessionRef?.sessionId;
  return (
    <Panel title="Run">
      <QueryView query={run} skeleton={<TableSkeleton rows={1} />}>
        {(data) => {
          const explained = explainRun(data, approvals.length);
          return (
            <div className="flex flex-col gap-3 p-4 text-sm">
              <p className="flex flex-wrap items-center gap-x-2 gap-y-1">
                <State state={explained.state} word={explained.word} /> {revealHidden(explained.why)}
                {explained.next !== undefined && (
                  <span className="text-ink-3">
                    {revealHidden(explained.next.text)} <Countdown to={explained.next.at} />
                  </span>
                )}
              </p>
              <p className="flex flex-wrap gap-x-4 gap-y-1 text-xs">
                <Link href={runAddress(runId)} className="text-accent hover:underline">
                  Open run
                </Link>
                {typeof sessionId === "string" && (
                  <Link href={sessionAddress(sessionId)} className="text-accent hover:underline">
                    Open session
                  </Link>
                )}
              </p>
              {approvals.map((approval) => (
                <ApprovalCard key={approval.id} shown={showApproval(approval)} />
              ))}
            </div>
          );
        }}
      </QueryView>
    </Panel>
  );
}

/** What the agent is asked, in words where the payload is no more than that and what shows. */
function TaskPrompt({ payload }: Pick<QueueTaskSummary, "payload">) {
  const { attachments: _, ...rest } = payload;
  const asked = attachmentsIn(payload).length === 0 ? payload : rest;
  const prompt = promptIn(asked);
  if (prompt === undefined && Object.keys(asked).length === 0) return null;
  if (prompt === undefined || Object.keys(asked).length > 1) return <JsonPanel title="Payload" value={payload} />;
  return (
    <Panel title="Prompt">
      <ScrollRegion label="Prompt" className="max-h-60 p-4">
        <p className="text-xs wrap-anywhere whitespace-pre-wrap">{revealHidden(prompt)}</p>
      </ScrollRegion>
    </Panel>
  );
}

/** The images that the task shows its agent. Those of a deleted session are gone with it. */
function TaskImages({ task: { attachments, payload } }: { task: QueueTaskDetail }) {
  const goneCount = attachmentsIn(payload).length - attachments.length;
  if (attachments.length === 0 && goneCount === 0) return null;
  return (
    <Panel title="Images">
      <div className="flex flex-col gap-2 p-4">
        <ShownImages images={attachments} />
        {goneCount > 0 && <p className="text-xs text-ink-3">{formatPlural(goneCount, "image")} no longer kept.</p>}
      </div>
    </Panel>
  );
}

function TaskFacts({ task }: { task: QueueTaskDetail }) {
  const trpc = useTRPC();
  const usage = useQuery(usageOfTask(trpc, task.id));
  const { scheduleId } = task.metadata;
  const facts: Fact[] = [
    ["ID", <Id key="i" id={task.id} />],
    [
      "Added by",
      typeof scheduleId === "string" ? (
        <Link key="s" href={scheduleAddress(scheduleId)} className="text-accent hover:underline">
          Schedule
        </Link>
      ) : null,
    ],
    ["Project", `${task.tenantId} / ${task.projectId}`],
    ["Profile", task.backendProfile],
    ["Priority", task.priority],
    ["Attempts", task.attemptCount],
    ["Created", <Time key="c" at={task.createdAt} />],
    ["Updated", <Time key="u" at={task.updatedAt} />],
    ["Not before", task.runAt === null ? null : <Time key="r" at={task.runAt} />],
    ["Expires", task.expiresAt === null ? null : <Time key="e" at={task.expiresAt} />],
    ["Concurrency key", task.concurrencyKey],
    ["Idempotency key", task.idempotencyKey],
    ["Cancel reason", task.cancelReason],
  ];
  return (
    <div className="flex min-w-0 flex-col gap-4">
      <Panel title="Details">
        <Facts className="p-4" items={facts} />
      </Panel>
      <ModelUsePanel query={usage} />
      <TaskPrompt payload={task.payload} />
      <TaskImages task={task} />
      {task.references.length > 0 && <JsonPanel title="References" value={task.references} />}
      {Object.keys(task.metadata).length > 0 && <JsonPanel title="Metadata" value={task.metadata} />}
      {task.retry !== null && <JsonPanel title="Retry policy" value={task.retry} />}
      {task.executionPolicy !== null && <JsonPanel title="Execution policy" value={task.executionPolicy} />}
      {task.workspaceRef !== null && <JsonPanel title="Workspace" value={task.workspaceRef} />}
    </div>
  );
}
