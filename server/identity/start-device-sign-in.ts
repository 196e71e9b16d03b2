import { and, eq, gt, inArray, lt, sql } from "drizzle-orm";
import type { DeviceSignInBegun, StartDeviceSignInInput } from "@/contract/device-sign-in";
import { lockOwnerKey } from "@/db/queries/advisory-lock";
import { deviceSignIns } from "@/db/schema";
import { inTx, type ServiceContext, type TxContext } from "@/server/context";
import { RateLimitedError } from "@/server/errors";
import { newId } from "@/server/ids";
import { newDeviceCode, newUserCode } from "./device-codes";
import { networkOf } from "./request-limits";
import { hashToken } from "./token";

/** How long a person has to allow it, and their command line to collect its token. */
const LIFE_SECONDS = 600;
const INTERVAL_SECONDS = 2;
/** Requests that wait at once: from one address, which may be a proxy's, and from everywhere. */
const OPEN_MAX = { network: 50, all: 1_000 };
/** A request that its program asks about no more counts no longer: after so long, or three of its intervals. */
const QUIET = { seconds: 30, intervals: 3 };
/** Rows that may stand before those are removed that wait no longer, though not over. */
const STORED_MAX = 10_000;
/** What is over is told of for so long; then nothing is known of it. */
const TOLD_MINUTES = 10;

/**
 * Begins a command line's sign-in (RFC 8628). Anybody may: it opens nothing until a person allows it, and leaves no row
 * of audit until then.
 */
export function startDeviceSignIn(
  ctx: ServiceContext,
  { client }: StartDeviceSignInInput,
  address: string,
): Promise<DeviceSignInBegun> {
  const [deviceCode, userCode] = [newDeviceCode(), newUserCode()];
  const network = networkOf(address);
  return inTx(ctx, async (ctx) => {
    await assertRoom(ctx, network);
    // A user code that another request has, one in millions, fails as any fault does, and is asked for again.
    await ctx.db.insert(deviceSignIns).values({
      ...{ id: newId("deviceSignIn"), deviceHash: hashToken(deviceCode), userHash: hashToken(userCode) },
      ...{ client, address, network, intervalSeconds: INTERVAL_SECONDS },
      createdAt: sql`clock_timestamp()`,
      expiresAt: sql`clock_timestamp() + ${LIFE_SECONDS}::float8 * interval '1 second'`,
    });
    const page = new URL("/device", ctx.settings.publicUrl).href;
    return {
      ...{ deviceCode, userCode, verificationUri: page, verificationUriComplete: `${page}?code=${userCode}` },
      ...{ expiresInSeconds: LIFE_SECONDS, intervalSeconds: INTERVAL_SECONDS },
    };
  });
}

const quietAt = sql`coalesce(${deviceSignIns.polledAt}, ${deviceSignIns.createdAt})
  + greatest(${QUIET.seconds}::float8, ${QUIET.intervals} * ${deviceSignIns.intervalSeconds}) * interval '1 second'`;
/** When it counts no longer, unless it is asked about before. */
const closesAt = sql`least(${quietAt}, ${deviceSignIns.expiresAt})`;
const isOpen = and(inArray(deviceSignIns.state, ["waiting", "allowed"]), gt(closesAt, sql`clock_timestamp()`));

/** One after the other, so that no number of them at once comes past the bounds. */
async function assertRoom(ctx: TxContext, network: string): Promise<void> {
  await lockOwnerKey(ctx.db, "device sign-ins");
  const isNear = eq(deviceSignIns.network, network);
  const secondsLeft = sql`extract(epoch from ${closesAt} - clock_timestamp())`;
  const [open] = await ctx.db
    .select({
      all: sql<number>`count(*)::int`,
      near: sql<number>`(count(*) filter (where ${isNear}))::int`,
      allFor: sql<number>`ceil(coalesce(min(${secondsLeft}), 0))::int`,
      nearFor: sql<number>`ceil(coalesce(min(${secondsLeft}) filter (where ${isNear}), 0))::int`,
    })
    .from(deviceSignIns)
    .where(isOpen);
  if (open && open.near >= OPEN_MAX.network) throw tooMany("from this address", open.nearFor);
  if (open && open.all >= OPEN_MAX.all) throw tooMany("at this server", open.allFor);
  if ((await ctx.db.$count(deviceSignIns)) >= STORED_MAX)
    await ctx.db.delete(deviceSignIns).where(sql`not (${isOpen})`);
}

/** The first of them is given up then, unless its program goes on to ask. */
function tooMany(where: string, seconds: number): RateLimitedError {
  const retryAfterSeconds = Math.max(seconds, 1);
  const words = `too many command lines wait ${where} to be allowed: try again in ${retryAfterSeconds} s`;
  return new RateLimitedError(words, retryAfterSeconds);
}

/**
 * Removes requests that have been over for a while; answers how many. Those that were refused, collected or given up
 * count for no bound, so that it is `STORED_MAX` which bounds all that stand.
 */
export async function removeDeviceSignIns(ctx: ServiceContext): Promise<number> {
  const { rowCount } = await ctx.db
    .delete(deviceSignIns)
    .where(lt(deviceSignIns.expiresAt, sql`clock_timestamp() - ${TOLD_MINUTES}::float8 * interval '1 minute'`));
  return rowCount ?? 0;
}
