import type { Identity } from "@/contract/identity";
import { ForbiddenError } from "@/server/errors";
import { router, viewerProcedure } from "@/server/trpc/init";

export const identityRouter = router({
  me: viewerProcedure.query((opts): Identity => {
    const { actor } = opts.ctx.service;
    if (actor.kind !== "operator") throw new ForbiddenError("only an operator is somebody");
    return { name: actor.name, role: actor.role, tenantId: actor.tenantId };
  }),
});
