import { CreateTaskAttachmentInput } from "@/contract/attachment";
import { ListDependencyResultsInput } from "@/contract/dependency-result";
import {
  CancelTaskInput,
  CreateTaskInput,
  CreateTasksInput,
  ExplainTaskInput,
  GetTaskInput,
  ListAttemptsInput,
  ListTasksInput,
  MarkTaskReadInput,
  MarkTasksReadInput,
  QueueScopeInput,
  QueueStatsInput,
  RetryTaskInput,
  UpdateAttemptInput,
  UpdateTaskInput,
} from "@/contract/queue";
import { QueueHistoryInput, QueueWaitsByHourInput, QueueWaitsInput } from "@/contract/queue-commander";
import { ControlPlaceInput, ListControlsInput, SetControlInput } from "@/contract/queue-control";
import { TaskGraphInput } from "@/contract/queue-graph";
import { WatchQueueInput } from "@/contract/watch";
import { createTaskAttachment } from "@/server/attachments";
import { openFeed } from "@/server/live";
import {
  cancelTask,
  createTask,
  createTasks,
  explainTask,
  getTask,
  listAttempts,
  listControls,
  listDependencyResults,
  listTasks,
  markTaskRead,
  markTasksRead,
  queueCommander,
  queueHistory,
  queueStats,
  queueWaits,
  queueWaitsByHour,
  retryTask,
  setControl,
  setControlState,
  simulateTask,
  taskGraph,
  updateAttempt,
  updateTask,
  verifyCounts,
} from "@/server/queue";
import { adminProcedure, operatorProcedure, router, viewerProcedure } from "@/server/trpc/init";
import { asStream, trackAll } from "@/server/trpc/watch";

export const queueRouter = router({
  createTask: operatorProcedure.input(CreateTaskInput).mutation((opts) => createTask(opts.ctx.service, opts.input)),
  createTasks: operatorProcedure.input(CreateTasksInput).mutation((opts) => createTasks(opts.ctx.service, opts.input)),
  createAttachment: operatorProcedure
    .input(CreateTaskAttachmentInput)
    .mutation((opts) => createTaskAttachment(opts.ctx.service, opts.input)),
  simulateTask: operatorProcedure.input(CreateTaskInput).mutation((opts) => simulateTask(opts.ctx.service, opts.input)),
  listTasks: viewerProcedure
    .input(ListTasksInput.prefault({}))
    .query((opts) => listTasks(opts.ctx.service, opts.input)),
  getTask: viewerProcedure.input(GetTaskInput).query((opts) => getTask(opts.ctx.service, opts.input)),
  updateAttempt: operatorProcedure
    .input(UpdateAttemptInput)
    .mutation((opts) => updateAttempt(opts.ctx.service, opts.input)),
  cancelTask: operatorProcedure.input(CancelTaskInput).mutation((opts) => cancelTask(opts.ctx.service, opts.input)),
  updateTask: operatorProcedure.input(UpdateTaskInput).mutation((opts) => updateTask(opts.ctx.service, opts.input)),
  retryTask: operatorProcedure.input(RetryTaskInput).mutation((opts) => retryTask(opts.ctx.service, opts.input)),
  listAttempts: viewerProcedure.input(ListAttemptsInput).query((opts) => listAttempts(opts.ctx.service, opts.input)),
  listDependencyResults: viewerProcedure
    .input(ListDependencyResultsInput)
    .query((opts) => listDependencyResults(opts.ctx.service, opts.input)),
  explain: viewerProcedure.input(ExplainTaskInput).query((opts) => explainTask(opts.ctx.service, opts.input)),
  graph: viewerProcedure.input(TaskGraphInput).query((opts) => taskGraph(opts.ctx.service, opts.input)),
  listControls: viewerProcedure
    .input(ListControlsInput.prefault({}))
    .query((opts) => listControls(opts.ctx.service, opts.input)),
  setControl: operatorProcedure.input(SetControlInput).mutation((opts) => setControl(opts.ctx.service, opts.input)),
  pause: operatorProcedure
    .input(ControlPlaceInput)
    .mutation((opts) => setControlState(opts.ctx.service, opts.input, "paused")),
  resume: operatorProcedure
    .input(ControlPlaceInput)
    .mutation((opts) => setControlState(opts.ctx.service, opts.input, "open")),
  drain: operatorProcedure
    .input(ControlPlaceInput)
    .mutation((opts) => setControlState(opts.ctx.service, opts.input, "draining")),
  markTaskRead: viewerProcedure.input(MarkTaskReadInput).mutation((opts) => markTaskRead(opts.ctx.service, opts.input)),
  markTasksRead: viewerProcedure
    .input(MarkTasksReadInput)
    .mutation((opts) => markTasksRead(opts.ctx.service, opts.input)),
  watch: viewerProcedure.input(WatchQueueInput.prefault({})).subscription((opts) =>
    asStream(opts, async ({ ctx, live, signal }) => {
      const feed = await openFeed(ctx, live.tasks, opts.input, signal);
      return trackAll(feed.entries, (entry) => entry.item);
    }),
  ),
  stats: viewerProcedure.input(QueueStatsInput.prefault({})).query((opts) => queueStats(opts.ctx.service, opts.input)),
  waits: viewerProcedure.input(QueueWaitsInput.prefault({})).query((opts) => queueWaits(opts.ctx.service, opts.input)),
  waitsByHour: viewerProcedure
    .input(QueueWaitsByHourInput.prefault({}))
    .query((opts) => queueWaitsByHour(opts.ctx.service, opts.input)),
  commander: viewerProcedure
    .input(QueueScopeInput.prefault({}))
    .query((opts) => queueCommander(opts.ctx.service, opts.input)),
  history: viewerProcedure
    .input(QueueHistoryInput.prefault({}))
    .query((opts) => queueHistory(opts.ctx.service, opts.input)),
  verify: adminProcedure.query((opts) => verifyCounts(opts.ctx.service)),
});
