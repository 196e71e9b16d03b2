import {
  CreateOwnTokenInput,
  CreateTokenInput,
  type Identity,
  ListTokensInput,
  RevokeTokenInput,
} from "@/contract/identity";
import type { SignInMethods } from "@/contract/sso";
import { ForbiddenError } from "@/server/errors";
import { createOwnToken, createToken, listOwnTokens, listTokens, revokeOwnToken, revokeToken } from "@/server/identity";
import { adminProcedure, publicProcedure, router, viewerProcedure } from "@/server/trpc/init";

export const identityRouter = router({
  signInMethods: publicProcedure.query((opts): SignInMethods => opts.ctx.signInMethods ?? { sso: null }),
  me: viewerProcedure.query((opts): Identity => {
    const { actor } = opts.ctx.service;
    if (actor.kind !== "operator") throw new ForbiddenError("only an operator is somebody");
    return { name: actor.name, role: actor.role, tenantId: actor.tenantId };
  }),
  ownTokens: viewerProcedure.query((opts) => listOwnTokens(opts.ctx.service)),
  createOwnToken: viewerProcedure
    .input(CreateOwnTokenInput)
    .mutation((opts) => createOwnToken(opts.ctx.service, opts.input)),
  revokeOwnToken: viewerProcedure.input(RevokeTokenInput).mutation(async (opts) => {
    const revoked = await revokeOwnToken(opts.ctx.service, opts.input);
    opts.ctx.forgetCallers?.();
    return revoked;
  }),
  tokens: adminProcedure.input(ListTokensInput.prefault({})).query((opts) => listTokens(opts.ctx.service, opts.input)),
  createToken: adminProcedure.input(CreateTokenInput).mutation((opts) => createToken(opts.ctx.service, opts.input)),
  revokeToken: adminProcedure.input(RevokeTokenInput).mutation(async (opts) => {
    const revoked = await revokeToken(opts.ctx.service, opts.input);
    opts.ctx.forgetCallers?.();
    return revoked;
  }),
});
