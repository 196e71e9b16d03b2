import { and, eq, isNull, lt, or, sql } from "drizzle-orm";
import type { Role } from "@/contract/words";
import { tokens } from "@/db/schema";
import { inTx, type ServiceContext } from "@/server/context";
import { ForbiddenError, UnauthenticatedError } from "@/server/errors";
import { newId } from "@/server/ids";
import { lockLiveToken } from "./lock-live-token";
import { hashToken, newToken, type TokenKind } from "./token";

/** A launch that was not claimed within this time is lost; the launcher starts another. */
const LAUNCH_TOKEN_MS = 60 * 60_000;
/** How long after a claim the same claim may be repeated. */
const SPENT_TOKEN_MS = 24 * 60 * 60_000;
/** Longer than an archiver may live. The token ends with the archiver's try. */
const ARCHIVER_TOKEN_MS = 2 * 60 * 60_000;
const SIGN_IN_TOKEN_MS = 24 * 60 * 60_000;
const OPERATOR_TOKEN_MS = 14 * 24 * 60 * 60_000;

type Minted = { id: string; token: string; expiresAt: Date | null };
type TokenValues = Omit<typeof tokens.$inferInsert, "id" | "hash" | "kind" | "expiresAt">;

async function storeToken(
  ctx: ServiceContext,
  kind: TokenKind,
  values: TokenValues,
  lifeMs: number | null,
  notAfter: Date | null = null,
): Promise<Minted> {
  const token = newToken(kind);
  const id = newId("token");
  const ends = sql`clock_timestamp() + ${lifeMs}::float8 * interval '1 millisecond'`;
  const expiresAt = sql`least(${ends}, ${notAfter?.toISOString() ?? null}::timestamptz)`;
  const [stored] = await ctx.db
    .insert(tokens)
    .values({ ...values, id, kind, hash: hashToken(token), expiresAt })
    .returning({ expiresAt: tokens.expiresAt });
  return { id, token, expiresAt: stored?.expiresAt ?? null };
}

export type MintLaunchTokenInput = {
  runId: string;
  attemptId: string;
  tenantId: string;
  backendProfile?: string;
  /** Milliseconds until the token ends; one hour by default. */
  lifeMs?: number;
};

/** Makes a token that buys one claim of one run, for the process that the executor is about to start. */
export async function mintLaunchToken(ctx: ServiceContext, input: MintLaunchTokenInput): Promise<string> {
  const { runId, attemptId, tenantId, backendProfile } = input;
  const values = { runId, attemptId, tenantId, backendProfile };
  return (await storeToken(ctx, "launch", values, input.lifeMs ?? LAUNCH_TOKEN_MS)).token;
}

export type MintRunnerTokensInput = { runId: string; leaseEpoch: number; tenantId: string; profile: string };
export type RunnerTokens = { runnerToken: string; modelToken: string };

/**
 * Makes the tokens that a claim returns, for this run and epoch alone. Tokens of earlier epochs end here. A launch
 * token that pays for the claim is spent; one spent on another epoch is refused. Must be called in the claim's
 * transaction.
 */
export async function mintRunnerTokens(ctx: ServiceContext, input: MintRunnerTokensInput): Promise<RunnerTokens> {
  const { runId, leaseEpoch, tenantId, profile } = input;
  if (ctx.actor.kind === "launch") await spendLaunchToken(ctx, ctx.actor.tokenId, leaseEpoch);
  await ctx.db
    .update(tokens)
    .set({ revokedAt: sql`clock_timestamp()` })
    .where(and(eq(tokens.runId, runId), lt(tokens.leaseEpoch, leaseEpoch), isNull(tokens.revokedAt)));
  const values = { runId, leaseEpoch, tenantId, backendProfile: profile };
  const runner = await storeToken(ctx, "runner", values, null);
  const model = await storeToken(ctx, "model", values, null);
  return { runnerToken: runner.token, modelToken: model.token };
}

/**
 * Spends a launch token on an epoch. The same claim may be repeated for the same epoch: when its answer was lost, and
 * by the second step of a runner whose first step took long to fill a volume.
 */
async function spendLaunchToken(ctx: ServiceContext, tokenId: string, leaseEpoch: number): Promise<void> {
  const spent = await ctx.db
    .update(tokens)
    .set({
      usedAt: sql`coalesce(${tokens.usedAt}, clock_timestamp())`,
      leaseEpoch,
      expiresAt: sql`greatest(${tokens.expiresAt}, clock_timestamp() + ${SPENT_TOKEN_MS} * interval '1 millisecond')`,
    })
    .where(
      and(
        eq(tokens.id, tokenId),
        isNull(tokens.revokedAt),
        or(isNull(tokens.leaseEpoch), eq(tokens.leaseEpoch, leaseEpoch)),
      ),
    )
    .returning({ id: tokens.id });
  if (spent.length === 0)
    throw new ForbiddenError("this launch token has bought its claim: a new attempt needs a new one");
}

/** Makes the token with which an archiver hands over a volume, valid while its order stands at this try. */
export async function mintArchiverToken(
  ctx: ServiceContext,
  input: { attemptId: string; tenantId: string },
): Promise<string> {
  return (await storeToken(ctx, "archiver", input, ARCHIVER_TOKEN_MS)).token;
}

/** Makes the token of a one-time link that signs an administrator in. */
export async function mintSignInToken(ctx: ServiceContext, input: { name: string }): Promise<string> {
  const values = { name: input.name, role: "admin", tenantId: null } as const;
  return (await storeToken(ctx, "sign-in", values, SIGN_IN_TOKEN_MS)).token;
}

export type MintOperatorTokenInput = {
  name: string;
  role: Role;
  tenantId: string | null;
  /** The token that buys the cookie: the cookie does not outlive it. */
  parentId?: string | null;
};

/** Makes the token of a one-time link that signs one more browser in as its maker, valid for `lifeMs` milliseconds. */
export function mintSignInLinkToken(
  ctx: ServiceContext,
  maker: MintOperatorTokenInput,
  lifeMs: number,
): Promise<Minted> {
  return storeToken(ctx, "device-link", maker, lifeMs);
}

/**
 * Makes a browser's cookie. A cookie that another cookie bought belongs to the same root token. A token that has ended
 * buys none, and neither does a token of one's own.
 */
export async function mintOperatorToken(ctx: ServiceContext, input: MintOperatorTokenInput): Promise<string> {
  const { parentId = null, ...values } = input;
  if (parentId === null) return (await storeToken(ctx, "operator", values, OPERATOR_TOKEN_MS)).token;
  return inTx(ctx, async (ctx) => {
    const { token, root } = await lockLiveToken(ctx.db, parentId);
    // The cookie would belong to that browser's sign-in, and could make tokens that outlive this token.
    if (token.kind === "api" && root.id !== token.id)
      throw new UnauthenticatedError("this token is somebody's own for a program: it signs no browser in");
    const cookieValues = { ...values, parentId: root.id };
    return (await storeToken(ctx, "operator", cookieValues, OPERATOR_TOKEN_MS, token.expiresAt)).token;
  });
}

/** Makes the cookie of a person whom a provider vouches for, valid for `lifeMs` milliseconds. */
export function mintPersonToken(
  ctx: ServiceContext,
  person: { name: string; role: Role; tenantId: string | null },
  lifeMs: number,
): Promise<Minted> {
  return storeToken(ctx, "operator", person, lifeMs);
}
export const OPERATOR_TOKEN_SECONDS = OPERATOR_TOKEN_MS / 1_000;
