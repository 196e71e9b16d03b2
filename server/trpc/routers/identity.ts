import {
  DecideDeviceSignInInput,
  DeviceSignInInput,
  PollDeviceSignInInput,
  StartDeviceSignInInput,
} from "@/contract/device-sign-in";
import {
  CreateOwnTokenInput,
  CreateTokenInput,
  type Identity,
  ListTokensInput,
  RevokeTokenInput,
} from "@/contract/identity";
import type { SignInMethods } from "@/contract/sso";
import type { ServiceContext } from "@/server/context";
import { ForbiddenError, UnauthenticatedError } from "@/server/errors";
import {
  createOwnToken,
  createSignInLink,
  createToken,
  decideDeviceSignIn,
  type FailedSignIns,
  findDeviceSignIn,
  listOwnTokens,
  listTokens,
  pollDeviceSignIn,
  revokeOwnToken,
  revokeToken,
  startDeviceSignIn,
} from "@/server/identity";
import { adminProcedure, publicProcedure, router, type TrpcContext, viewerProcedure } from "@/server/trpc/init";

/**
 * Returns the context of a caller that is not known yet. Requests that are refused to anybody, such as one too many,
 * are refused here too.
 */
function anonymousContextOf({ fault, anonymous }: TrpcContext): ServiceContext {
  if (fault !== undefined && fault.reason !== "unauthenticated") throw fault;
  if (anonymous === undefined) throw new UnauthenticatedError();
  return anonymous();
}

function guessesOf({ codeGuesses }: TrpcContext): FailedSignIns {
  if (codeGuesses === undefined) throw new ForbiddenError("codes are typed into the console, and nowhere else");
  return codeGuesses;
}

export const identityRouter = router({
  signInMethods: publicProcedure.query((opts): SignInMethods => opts.ctx.signInMethods ?? { sso: null }),
  me: viewerProcedure.query((opts): Identity => {
    const { actor } = opts.ctx.service;
    if (actor.kind !== "operator") throw new ForbiddenError("only an operator is somebody");
    const { name, role, tenantId, scopes, expiresAt } = actor;
    return { name, role, tenantId, scopes: scopes ? [...scopes] : null, expiresAt: expiresAt?.toISOString() ?? null };
  }),
  startDeviceSignIn: publicProcedure
    .input(StartDeviceSignInInput)
    .mutation(({ ctx, input }) => startDeviceSignIn(anonymousContextOf(ctx), input, ctx.address ?? "unknown")),
  pollDeviceSignIn: publicProcedure
    .input(PollDeviceSignInInput)
    .mutation(({ ctx, input }) => pollDeviceSignIn(anonymousContextOf(ctx), input)),
  deviceSignIn: viewerProcedure
    .input(DeviceSignInInput)
    .query(({ ctx, input }) => findDeviceSignIn(ctx.service, input, guessesOf(ctx))),
  decideDeviceSignIn: viewerProcedure
    .input(DecideDeviceSignInInput)
    .mutation(({ ctx, input }) => decideDeviceSignIn(ctx.service, input, guessesOf(ctx))),
  ownTokens: viewerProcedure.query((opts) => listOwnTokens(opts.ctx.service)),
  createOwnToken: viewerProcedure
    .input(CreateOwnTokenInput)
    .mutation((opts) => createOwnToken(opts.ctx.service, opts.input)),
  revokeOwnToken: viewerProcedure.input(RevokeTokenInput).mutation(async (opts) => {
    const revoked = await revokeOwnToken(opts.ctx.service, opts.input);
    opts.ctx.forgetCallers?.();
    return revoked;
  }),
  createSignInLink: viewerProcedure.mutation((opts) => createSignInLink(opts.ctx.service)),
  tokens: adminProcedure.input(ListTokensInput.prefault({})).query((opts) => listTokens(opts.ctx.service, opts.input)),
  createToken: adminProcedure.input(CreateTokenInput).mutation((opts) => createToken(opts.ctx.service, opts.input)),
  revokeToken: adminProcedure.input(RevokeTokenInput).mutation(async (opts) => {
    const revoked = await revokeToken(opts.ctx.service, opts.input);
    opts.ctx.forgetCallers?.();
    return revoked;
  }),
});
