import { tracked } from "@trpc/server";
import {
  AppendEventsInput,
  GetEventInput,
  ListEventsInput,
  LiveFramesInput,
  SearchEventsInput,
} from "@/contract/event";
import { WatchRunInput } from "@/contract/watch";
import { UnexpectedError } from "@/server/errors";
import { appendEvents, getEvent, listEvents, searchEvents } from "@/server/events";
import { publishLiveText, watchEvents } from "@/server/live";
import { router, runnerProcedure, viewerProcedure } from "@/server/trpc/init";
import { asStream } from "@/server/trpc/watch";

export const eventsRouter = router({
  append: runnerProcedure.input(AppendEventsInput).mutation((opts) => appendEvents(opts.ctx.service, opts.input)),
  get: runnerProcedure.input(GetEventInput).query((opts) => getEvent(opts.ctx.service, opts.input)),
  list: runnerProcedure.input(ListEventsInput).query((opts) => listEvents(opts.ctx.service, opts.input)),
  search: viewerProcedure.input(SearchEventsInput).query((opts) => searchEvents(opts.ctx.service, opts.input)),
  live: runnerProcedure.input(LiveFramesInput).mutation((opts) => {
    const { service, live } = opts.ctx;
    if (!live) throw new UnexpectedError(new Error("nothing can be watched here: the context has no live"));
    return publishLiveText(service, live, opts.input);
  }),
  watch: runnerProcedure.input(WatchRunInput).subscription((opts) =>
    asStream(opts, async function* ({ ctx, live, signal }) {
      for await (const event of watchEvents(ctx, live, opts.input, signal)) yield tracked(String(event.seq), event);
    }),
  ),
});
