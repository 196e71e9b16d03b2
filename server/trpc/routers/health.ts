import { UnexpectedError } from "@/server/errors";
import { type HealthSource, readHealth, serverFacts, serverStatus } from "@/server/health";
import { publicProcedure, router, viewerProcedure } from "@/server/trpc/init";

export const healthRouter = router({
  get: publicProcedure.query((opts) => readHealth(sourceOf(opts.ctx.health))),
  facts: viewerProcedure.query((opts) => serverFacts(opts.ctx.service)),
  status: viewerProcedure.query((opts) => serverStatus(opts.ctx.service, sourceOf(opts.ctx.health))),
});

function sourceOf(health: HealthSource | undefined): HealthSource {
  if (!health) throw new UnexpectedError(new Error("nothing is known of the server's health here"));
  return health;
}
