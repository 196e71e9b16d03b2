import { SearchConversationsInput } from "@/contract/conversation";
import {
  CreateSessionInput,
  DeleteSessionInput,
  DigestSessionsInput,
  ForkSessionInput,
  GetSessionInput,
  ListSessionsInput,
  MarkSessionReadInput,
  ReadTraceInput,
  UpdateSessionInput,
} from "@/contract/session";
import { WatchSessionsInput } from "@/contract/watch";
import { searchConversations } from "@/server/conversations";
import { openFeed } from "@/server/live";
import {
  createSession,
  deleteSession,
  digestSessions,
  getSession,
  listSessions,
  markSessionRead,
  readOutput,
  readTrace,
  updateSession,
} from "@/server/sessions";
import { forkSession } from "@/server/storage";
import { operatorProcedure, router, viewerProcedure } from "@/server/trpc/init";
import { asStream, trackAll } from "@/server/trpc/watch";

export const sessionsRouter = router({
  create: operatorProcedure.input(CreateSessionInput).mutation((opts) => createSession(opts.ctx.service, opts.input)),
  get: viewerProcedure.input(GetSessionInput).query((opts) => getSession(opts.ctx.service, opts.input)),
  list: viewerProcedure
    .input(ListSessionsInput.prefault({}))
    .query((opts) => listSessions(opts.ctx.service, opts.input)),
  digests: viewerProcedure.input(DigestSessionsInput).query((opts) => digestSessions(opts.ctx.service, opts.input)),
  searchConversations: viewerProcedure
    .input(SearchConversationsInput)
    .query((opts) => searchConversations(opts.ctx.service, opts.input)),
  update: operatorProcedure.input(UpdateSessionInput).mutation((opts) => updateSession(opts.ctx.service, opts.input)),
  fork: operatorProcedure.input(ForkSessionInput).mutation((opts) => forkSession(opts.ctx.service, opts.input)),
  delete: operatorProcedure.input(DeleteSessionInput).mutation((opts) => deleteSession(opts.ctx.service, opts.input)),
  trace: viewerProcedure.input(ReadTraceInput).query((opts) => readTrace(opts.ctx.service, opts.input)),
  output: viewerProcedure.input(ReadTraceInput).query((opts) => readOutput(opts.ctx.service, opts.input)),
  watch: viewerProcedure.input(WatchSessionsInput.prefault({})).subscription((opts) =>
    asStream(opts, async ({ ctx, live, signal }) => {
      const feed = await openFeed(ctx, live.sessions, opts.input, signal);
      return trackAll(feed.entries, (entry) => entry.item);
    }),
  ),
  markRead: viewerProcedure
    .input(MarkSessionReadInput)
    .mutation((opts) => markSessionRead(opts.ctx.service, opts.input)),
});
