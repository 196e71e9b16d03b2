import { and, eq, gt, inArray, isNull, or, sql } from "drizzle-orm";
import type { DevicePoll, PollDeviceSignInInput } from "@/contract/device-sign-in";
import type { CreatedToken } from "@/contract/identity";
import { deviceSignIns, tokens } from "@/db/schema";
import { audit } from "@/server/audit";
import { type Actor, inTx, type ServiceContext, type TxContext } from "@/server/context";
import { AgentRunError, ConflictError, UnauthenticatedError } from "@/server/errors";
import { labelOf, labelsFrom } from "./device-codes";
import type { DeviceRow } from "./find-device-sign-in";
import { createOwnToken, OWN_TOKENS_MAX } from "./own-tokens";
import { hashToken } from "./token";
import { isListed } from "./token-record";

/** A poll counts as too soon within this share of its interval, because clocks and networks are not exact. */
const MIN_INTERVAL_SHARE = 0.9;
/** How much RFC 8628 lets the interval grow, in seconds, and its maximum here. */
const SLOW_DOWN_SECONDS = 5;
const INTERVAL_MAX_SECONDS = 60;
const isTooSoon = sql`${deviceSignIns.polledAt} > clock_timestamp()
  - ${deviceSignIns.intervalSeconds} * ${MIN_INTERVAL_SHARE}::float8 * interval '1 second'`;
/** Tries for when somebody else takes the name between the read and the insert. */
const NAME_TRIES_MAX = 3;

/**
 * Returns the state of a command line's sign-in to the holder of its device code. The first poll after it was allowed
 * makes the token and returns it. The token is for the person and their sign-in as they are then; `ended` when that
 * sign-in is over.
 */
export async function pollDeviceSignIn(ctx: ServiceContext, input: PollDeviceSignInInput): Promise<DevicePoll> {
  const [found] = await ctx.db
    .select({
      row: deviceSignIns,
      isOver: sql<boolean>`${deviceSignIns.expiresAt} <= clock_timestamp()`,
      isTooSoon: sql<boolean>`coalesce(${isTooSoon}, false)`,
    })
    .from(deviceSignIns)
    .where(eq(deviceSignIns.deviceHash, hashToken(input.deviceCode)));
  if (!found)
    throw new AgentRunError("schema-invalid", "not-found", "there is no such sign-in: run agentrun login again");
  const { row, isOver } = found;
  const { state } = row;
  switch (state) {
    case "refused":
      return pollResult(row, row.decidedTokenId === null ? "ended" : state);
    case "collected":
      return pollResult(row, state);
    case "waiting":
      return isOver ? pollResult(row, "expired") : recordPoll(ctx, found);
    case "allowed":
      return isOver ? pollResult(row, "expired") : collect(ctx, row);
    default:
      return state satisfies never;
  }
}

function pollResult(
  { intervalSeconds }: Pick<DeviceRow, "intervalSeconds">,
  state: DevicePoll["state"],
  token: CreatedToken | null = null,
): DevicePoll {
  return { state, intervalSeconds, token };
}

/** Notes a poll. A caller that polls too soon must wait longer from then on. */
async function recordPoll(ctx: ServiceContext, found: { row: DeviceRow; isTooSoon: boolean }): Promise<DevicePoll> {
  const { row } = found;
  const { intervalSeconds } = deviceSignIns;
  const slower = sql`least(${intervalSeconds} + ${SLOW_DOWN_SECONDS}::int, ${INTERVAL_MAX_SECONDS}::int)`;
  const [updated] = await ctx.db
    .update(deviceSignIns)
    .set({
      polledAt: sql`clock_timestamp()`,
      intervalSeconds: sql`case when ${isTooSoon} then ${slower} else ${intervalSeconds} end`,
    })
    .where(and(eq(deviceSignIns.id, row.id), eq(deviceSignIns.state, "waiting")))
    .returning({ intervalSeconds });
  // The next poll returns what the request became meanwhile.
  if (!updated) return pollResult(row, "waiting");
  return pollResult(
    updated,
    found.isTooSoon || updated.intervalSeconds > row.intervalSeconds ? "slow-down" : "waiting",
  );
}

async function collect(ctx: ServiceContext, row: DeviceRow): Promise<DevicePoll> {
  const actor = await findDecider(ctx, row);
  if (actor === null) return endRequest(ctx, row);
  for (let tries = 1; ; tries += 1) {
    try {
      return await inTx({ ...ctx, actor }, (ctx) => makeToken(ctx, row));
    } catch (error) {
      if (error instanceof UnauthenticatedError) return endRequest(ctx, row);
      if (!(error instanceof ConflictError) || tries === NAME_TRIES_MAX) throw error;
    }
  }
}

/** Returns the person who allowed it, by the cookie that they used; null: that cookie has ended. */
async function findDecider(ctx: ServiceContext, { decidedTokenId }: DeviceRow): Promise<Actor | null> {
  if (decidedTokenId === null) return null;
  const isAlive = or(isNull(tokens.expiresAt), gt(tokens.expiresAt, sql`clock_timestamp()`));
  const [cookie] = await ctx.db
    .select({ name: tokens.name, role: tokens.role, tenantId: tokens.tenantId })
    .from(tokens)
    .where(and(eq(tokens.id, decidedTokenId), eq(tokens.kind, "operator"), isNull(tokens.revokedAt), isAlive));
  if (!cookie?.role) return null;
  const { name, role, tenantId } = cookie;
  return { kind: "operator", name: name ?? "operator", role, tenantId, tokenId: decidedTokenId };
}

/** Makes the token. Only the first caller changes the state, so only one token is made. */
async function makeToken(ctx: TxContext, row: DeviceRow): Promise<DevicePoll> {
  const collected = await ctx.db
    .update(deviceSignIns)
    .set({ state: "collected", polledAt: sql`clock_timestamp()` })
    .where(and(eq(deviceSignIns.id, row.id), eq(deviceSignIns.state, "allowed")))
    .returning({ id: deviceSignIns.id });
  if (collected.length === 0) return pollResult(row, "collected");
  const token = await createOwnToken(ctx, { label: await freeLabel(ctx, row.client) });
  const { client, address } = row;
  await audit(ctx, {
    action: "identity.pollDeviceSignIn",
    targetKind: "device-sign-in",
    targetId: row.id,
    details: { token: token.name, tokenId: token.id, client, address },
  });
  return pollResult(row, "allowed", token);
}

async function freeLabel(ctx: TxContext, client: string): Promise<string> {
  const { name, tenantId } = ctx.actor;
  const labels = labelsFrom(labelOf(client), OWN_TOKENS_MAX + 1);
  const nameOf = (label: string) => `${name}/${label}`;
  const rows = await ctx.db
    .select({ name: tokens.name })
    .from(tokens)
    .where(
      and(
        isListed(),
        eq(tokens.kind, "api"),
        sql`coalesce(${tokens.tenantId}, '') = ${tenantId ?? ""}`,
        inArray(tokens.name, labels.map(nameOf)),
      ),
    );
  const takenNames = new Set(rows.map((row) => row.name));
  return labels.find((label) => !takenNames.has(nameOf(label))) ?? labelOf(client);
}

/**
 * Ends a request whose deciding browser is signed out. Nobody refused it, but the sign-in that would have provided the
 * token is over.
 */
async function endRequest(ctx: ServiceContext, row: DeviceRow): Promise<DevicePoll> {
  await ctx.db
    .update(deviceSignIns)
    .set({ state: "refused", decidedTokenId: null })
    .where(and(eq(deviceSignIns.id, row.id), eq(deviceSignIns.state, "allowed")));
  return pollResult(row, "ended");
}
