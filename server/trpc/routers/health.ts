import { UnexpectedError } from "@/server/errors";
import { readHealth, serverFacts } from "@/server/health";
import { publicProcedure, router, viewerProcedure } from "@/server/trpc/init";

export const healthRouter = router({
  get: publicProcedure.query((opts) => {
    const { health } = opts.ctx;
    if (!health) throw new UnexpectedError(new Error("nothing is known of the server's health here"));
    return readHealth(health);
  }),
  facts: viewerProcedure.query((opts) => serverFacts(opts.ctx.service)),
});
