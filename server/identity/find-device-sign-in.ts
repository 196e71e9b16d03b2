import { and, eq, gt, sql } from "drizzle-orm";
import type { DeviceSignIn, DeviceSignInInput } from "@/contract/device-sign-in";
import { readUserCode } from "@/contract/user-code";
import { deviceSignIns } from "@/db/schema";
import { actorName } from "@/server/audit";
import { inTx, type ServiceContext } from "@/server/context";
import { AgentRunError } from "@/server/errors";
import { iso } from "@/server/stored";
import type { FailedSignIns } from "./failed-sign-ins";
import { findBrowser } from "./own-tokens";
import { hashToken } from "./token";

export type DeviceRow = typeof deviceSignIns.$inferSelect;

/** What asks under a code, for the person whose terminal shows it. */
export function findDeviceSignIn(
  ctx: ServiceContext,
  { userCode }: DeviceSignInInput,
  guesses: FailedSignIns,
): Promise<DeviceSignIn> {
  return inTx(ctx, async (ctx) => {
    const row = await requireByCode(ctx, userCode, guesses);
    const browser = await findBrowser(ctx.actor, ctx.db);
    return toDeviceSignIn(row, userCode, { mayAllow: browser !== null, until: iso(browser?.expiresAt ?? null) });
  });
}

/**
 * The request that has a code and is not over. Each try of a person counts as a guess until it has found something, also
 * many at once; one too many is `rate-limited`, right or wrong.
 */
export async function requireByCode(ctx: ServiceContext, typed: string, guesses: FailedSignIns): Promise<DeviceRow> {
  const person = `${ctx.actor.tenantId ?? ""} ${actorName(ctx.actor)}`;
  guesses.assertAllowed(person);
  guesses.note(person);
  const userCode = readUserCode(typed);
  const [row] =
    userCode === null
      ? []
      : await ctx.db
          .select()
          .from(deviceSignIns)
          .where(
            and(eq(deviceSignIns.userHash, hashToken(userCode)), gt(deviceSignIns.expiresAt, sql`clock_timestamp()`)),
          );
  if (!row)
    throw new AgentRunError(
      "schema-invalid",
      "not-found",
      "no command line waits under this code: codes end after 10 minutes, so run agentrun login again",
    );
  guesses.forgive(person);
  return row;
}

/** A request as a person sees it: without its digests. */
export function toDeviceSignIn(
  row: DeviceRow,
  typed: string,
  caller: Pick<DeviceSignIn, "mayAllow" | "until">,
): DeviceSignIn {
  const { state, client, address, createdAt, expiresAt } = row;
  const userCode = readUserCode(typed) ?? typed;
  return { userCode, state, client, address, askedAt: iso(createdAt), expiresAt: iso(expiresAt), ...caller };
}
