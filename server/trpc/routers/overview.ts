import { GetOverviewInput } from "@/contract/overview";
import { getOverview } from "@/server/overview";
import { router, viewerProcedure } from "@/server/trpc/init";

export const overviewRouter = router({
  get: viewerProcedure.input(GetOverviewInput.prefault({})).query((opts) => getOverview(opts.ctx.service, opts.input)),
});
