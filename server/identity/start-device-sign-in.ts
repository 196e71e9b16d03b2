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

/** How long a person has to allow the request and the command line to collect its token, in seconds. */
const LIFETIME_SECONDS = 600;
const INTERVAL_SECONDS = 2;
/** The maximum of requests waiting at once: from one address, which may be a proxy's, and in all. */
const OPEN_MAX = { network: 50, all: 1_000 };
/**
 * A request that its program no longer polls stops counting after this many seconds, or this many of its intervals if
 * that is longer.
 */
const IDLE_AFTER = { seconds: 30, intervals: 3 };
/** The maximum of rows before those are removed that no longer wait but are not over. */
const STORED_MAX = 10_000;
/** How long a request that is over can still be queried, in minutes. */
const RETAINED_MINUTES = 10;

/**
 * Begins a command line's sign-in (RFC 8628). Anybody may call it: it grants nothing until a person allows it, and
 * writes no audit row until then.
 */
export function startDeviceSignIn(
  ctx: ServiceContext,
  { client }: StartDeviceSignInInput,
  address: string,
): Promise<DeviceSignInBegun> {
  const [deviceCode, userCode] = [newDeviceCode(), newUserCode()];
  const network = networkOf(address);
  return inTx(ctx, async (ctx) => {
    await assertBelowLimits(ctx, network);
    // A collision with another request's user code, one in millions, fails like any fault, and the caller tries again.
    await ctx.db.insert(deviceSignIns).values({
      id: newId("deviceSignIn"),
      deviceHash: hashToken(deviceCode),
      userHash: hashToken(userCode),
      client,
      address,
      network,
      intervalSeconds: INTERVAL_SECONDS,
      createdAt: sql`clock_timestamp()`,
      expiresAt: sql`clock_timestamp() + ${LIFETIME_SECONDS}::float8 * interval '1 second'`,
    });
    const page = new URL("/device", ctx.settings.publicUrl).href;
    return {
      deviceCode,
      userCode,
      verificationUri: page,
      verificationUriComplete: `${page}?code=${userCode}`,
      expiresInSeconds: LIFETIME_SECONDS,
      intervalSeconds: INTERVAL_SECONDS,
    };
  });
}

const idleAt = sql`coalesce(${deviceSignIns.polledAt}, ${deviceSignIns.createdAt})
  + greatest(${IDLE_AFTER.seconds}::float8, ${IDLE_AFTER.intervals} * ${deviceSignIns.intervalSeconds}) * interval '1 second'`;
/** When a request stops counting, unless it is polled before. */
const closesAt = sql`least(${idleAt}, ${deviceSignIns.expiresAt})`;
const isOpen = and(inArray(deviceSignIns.state, ["waiting", "allowed"]), gt(closesAt, sql`clock_timestamp()`));

/**
 * Throws when too many requests are open. Calls are serialised, so that no number of concurrent ones exceeds the
 * bounds.
 */
async function assertBelowLimits(ctx: TxContext, network: string): Promise<void> {
  await lockOwnerKey(ctx.db, "device sign-ins");
  const isSameNetwork = eq(deviceSignIns.network, network);
  const secondsLeft = sql`extract(epoch from ${closesAt} - clock_timestamp())`;
  const [open] = await ctx.db
    .select({
      all: sql<number>`count(*)::int`,
      near: sql<number>`(count(*) filter (where ${isSameNetwork}))::int`,
      allFor: sql<number>`ceil(coalesce(min(${secondsLeft}), 0))::int`,
      nearFor: sql<number>`ceil(coalesce(min(${secondsLeft}) filter (where ${isSameNetwork}), 0))::int`,
    })
    .from(deviceSignIns)
    .where(isOpen);
  if (open && open.near >= OPEN_MAX.network) throw tooManyError("from this address", open.nearFor);
  if (open && open.all >= OPEN_MAX.all) throw tooManyError("at this server", open.allFor);
  if ((await ctx.db.$count(deviceSignIns)) >= STORED_MAX)
    await ctx.db.delete(deviceSignIns).where(sql`not (${isOpen})`);
}

/** `seconds`: when the first of the open requests is given up, unless its program continues to poll. */
function tooManyError(where: string, seconds: number): RateLimitedError {
  const retryAfterSeconds = Math.max(seconds, 1);
  const message = `too many command lines wait ${where} to be allowed: try again in ${retryAfterSeconds} s`;
  return new RateLimitedError(message, retryAfterSeconds);
}

/**
 * Removes requests that have been over for a while; returns how many. Refused, collected and abandoned requests count
 * for no limit, so `STORED_MAX` is what bounds all rows.
 */
export async function removeDeviceSignIns(ctx: ServiceContext): Promise<number> {
  const { rowCount } = await ctx.db
    .delete(deviceSignIns)
    .where(lt(deviceSignIns.expiresAt, sql`clock_timestamp() - ${RETAINED_MINUTES}::float8 * interval '1 minute'`));
  return rowCount ?? 0;
}
