import { AppendEventsInput, ListEventsInput } from "@/contract/event";
import { appendEvents, listEvents } from "@/server/events";
import { router, runnerProcedure } from "@/server/trpc/init";

export const eventsRouter = router({
  append: runnerProcedure.input(AppendEventsInput).mutation((opts) => appendEvents(opts.ctx.service, opts.input)),
  list: runnerProcedure.input(ListEventsInput).query((opts) => listEvents(opts.ctx.service, opts.input)),
});
