import {
  CancelTaskInput,
  CreateTaskInput,
  GetTaskInput,
  ListTasksInput,
  MarkTaskReadInput,
  QueueScopeInput,
  UpdateAttemptInput,
} from "@/contract/queue";
import { WatchQueueInput } from "@/contract/watch";
import { openFeed } from "@/server/live";
import {
  cancelTask,
  createTask,
  getTask,
  listTasks,
  markTaskRead,
  queueCommander,
  queueStats,
  updateAttempt,
} from "@/server/queue";
import { operatorProcedure, router, viewerProcedure } from "@/server/trpc/init";
import { asStream, trackAll } from "@/server/trpc/watch";

export const queueRouter = router({
  createTask: operatorProcedure.input(CreateTaskInput).mutation((opts) => createTask(opts.ctx.service, opts.input)),
  listTasks: viewerProcedure
    .input(ListTasksInput.prefault({}))
    .query((opts) => listTasks(opts.ctx.service, opts.input)),
  getTask: viewerProcedure.input(GetTaskInput).query((opts) => getTask(opts.ctx.service, opts.input)),
  updateAttempt: operatorProcedure
    .input(UpdateAttemptInput)
    .mutation((opts) => updateAttempt(opts.ctx.service, opts.input)),
  cancelTask: operatorProcedure.input(CancelTaskInput).mutation((opts) => cancelTask(opts.ctx.service, opts.input)),
  markTaskRead: viewerProcedure.input(MarkTaskReadInput).mutation((opts) => markTaskRead(opts.ctx.service, opts.input)),
  watch: viewerProcedure.input(WatchQueueInput.prefault({})).subscription((opts) =>
    asStream(opts, async ({ ctx, live, signal }) => {
      const feed = await openFeed(ctx, live.tasks, opts.input, signal);
      return trackAll(feed.entries, (entry) => entry.item);
    }),
  ),
  stats: viewerProcedure.input(QueueScopeInput.prefault({})).query((opts) => queueStats(opts.ctx.service, opts.input)),
  commander: viewerProcedure
    .input(QueueScopeInput.prefault({}))
    .query((opts) => queueCommander(opts.ctx.service, opts.input)),
});
