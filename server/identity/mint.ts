import { and, eq, isNull, lt, or, sql } from "drizzle-orm";
import type { Role } from "@/contract/words";
import { tokens } from "@/db/schema";
import { inTx, type ServiceContext } from "@/server/context";
import { ForbiddenError, UnauthenticatedError } from "@/server/errors";
import { newId } from "@/server/ids";
import { lockLiveToken } from "./lock-live-token";
import { hashToken, newToken, type TokenKind } from "./token";

/** A launch that has not been claimed within this time is lost; the launcher starts another. */
const LAUNCH_TOKEN_MS = 60 * 60_000;
/** How long after a claim the same claim may be asked for again. */
const SPENT_TOKEN_MS = 24 * 60 * 60_000;
/** Longer than an archiver may live; it ends with its try. */
const ARCHIVER_TOKEN_MS = 2 * 60 * 60_000;
const SIGN_IN_TOKEN_MS = 24 * 60 * 60_000;
const OPERATOR_TOKEN_MS = 14 * 24 * 60 * 60_000;

type Minted = { id: string; token: string };
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
  await ctx.db.insert(tokens).values({ ...values, id, kind, hash: hashToken(token), expiresAt });
  return { id, token };
}

export type MintLaunchTokenInput = {
  runId: string;
  attemptId: string;
  tenantId: string;
  backendProfile?: string;
  /** Milliseconds until it is worthless; one hour unless told. */
  lifeMs?: number;
};

/** A token that buys one claim of one run, for the process that the executor is about to start. */
export async function mintLaunchToken(ctx: ServiceContext, input: MintLaunchTokenInput): Promise<string> {
  const { runId, attemptId, tenantId, backendProfile } = input;
  const values = { runId, attemptId, tenantId, backendProfile };
  return (await storeToken(ctx, "launch", values, input.lifeMs ?? LAUNCH_TOKEN_MS)).token;
}

export type MintRunnerTokensInput = { runId: string; leaseEpoch: number; tenantId: string; profile: string };
export type RunnerTokens = { runnerToken: string; modelToken: string };

/**
 * What a claim hands out: tokens for this run and epoch alone. Tokens of earlier epochs end here, and a launch token
 * that pays for the claim is spent; one that was spent on another epoch is refused. Call it in the claim's transaction.
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
 * The same claim may be asked for again, same epoch, same price: when its answer was lost, and by the second step of a
 * runner whose first one took its time to fill a volume.
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

/** What an archiver hands over a volume with, for as long as its order stands at this try. */
export async function mintArchiverToken(
  ctx: ServiceContext,
  input: { attemptId: string; tenantId: string },
): Promise<string> {
  return (await storeToken(ctx, "archiver", input, ARCHIVER_TOKEN_MS)).token;
}

/** The token of a one-time link that signs an administrator in. */
export async function mintSignInToken(ctx: ServiceContext, input: { name: string }): Promise<string> {
  const values = { name: input.name, role: "admin", tenantId: null } as const;
  return (await storeToken(ctx, "sign-in", values, SIGN_IN_TOKEN_MS)).token;
}

export type MintOperatorTokenInput = {
  name: string;
  role: Role;
  tenantId: string | null;
  /** The token that buys it: the cookie does not outlive it. */
  parentId?: string | null;
};

/**
 * A browser's cookie. One that another cookie bought belongs to the same token as that; what has ended buys none, nor
 * does a token of one's own.
 */
export async function mintOperatorToken(ctx: ServiceContext, input: MintOperatorTokenInput): Promise<string> {
  const { parentId = null, ...values } = input;
  if (parentId === null) return (await storeToken(ctx, "operator", values, OPERATOR_TOKEN_MS)).token;
  return inTx(ctx, async (ctx) => {
    const { token, root } = await lockLiveToken(ctx.db, parentId);
    // It would be a browser of that sign-in, which makes tokens that outlive this one.
    if (token.kind === "api" && root.id !== token.id)
      throw new UnauthenticatedError("this token is somebody's own for a program: it signs no browser in");
    const bought = { ...values, parentId: root.id };
    return (await storeToken(ctx, "operator", bought, OPERATOR_TOKEN_MS, token.expiresAt)).token;
  });
}

/** The cookie of somebody whom a provider vouches for, for as long as it is believed, milliseconds. */
export function mintPersonToken(
  ctx: ServiceContext,
  person: { name: string; role: Role; tenantId: string | null },
  lifeMs: number,
): Promise<Minted> {
  return storeToken(ctx, "operator", person, lifeMs);
}
export const OPERATOR_TOKEN_SECONDS = OPERATOR_TOKEN_MS / 1_000;
