import { and, gt, inArray, lt, sql } from "drizzle-orm";
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
export const OPEN_MAX = { network: 50, all: 1_000 };
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

/** One after the other, so that no number of them at once comes past the bounds. */
async function assertRoom(ctx: TxContext, network: string): Promise<void> {
  await lockOwnerKey(ctx.db, "device sign-ins");
  const [open] = await ctx.db
    .select({
      all: sql<number>`count(*)::int`,
      network: sql<number>`(count(*) filter (where ${deviceSignIns.network} = ${network}))::int`,
    })
    .from(deviceSignIns)
    .where(
      and(inArray(deviceSignIns.state, ["waiting", "allowed"]), gt(deviceSignIns.expiresAt, sql`clock_timestamp()`)),
    );
  if (!open || (open.network < OPEN_MAX.network && open.all < OPEN_MAX.all)) return;
  throw new RateLimitedError("too many sign-ins of command lines wait to be allowed: try again in a minute", 60);
}

/** Removes requests that have been over for a while; answers how many. There are never more than the bounds let in. */
export async function removeDeviceSignIns(ctx: ServiceContext): Promise<number> {
  const { rowCount } = await ctx.db
    .delete(deviceSignIns)
    .where(lt(deviceSignIns.expiresAt, sql`clock_timestamp() - ${TOLD_MINUTES}::float8 * interval '1 minute'`));
  return rowCount ?? 0;
}
