import { and, eq, gt, sql } from "drizzle-orm";
import type { DeviceSignIn, DeviceSignInInput } from "@/contract/device-sign-in";
import { readUserCode } from "@/contract/user-code";
import { deviceSignIns } from "@/db/schema";
import { inTx, type ServiceContext } from "@/server/context";
import { AgentRunError } from "@/server/errors";
import { iso } from "@/server/stored";
import type { FailedSignIns } from "./failed-sign-ins";
import { type Browser, requireBrowser } from "./own-tokens";
import { hashToken } from "./token";

export type DeviceRow = typeof deviceSignIns.$inferSelect;

/** Returns the request with a code, for the person whose terminal shows it, in a browser that could answer it. */
export function findDeviceSignIn(
  ctx: ServiceContext,
  { userCode }: DeviceSignInInput,
  guesses: FailedSignIns,
): Promise<DeviceSignIn> {
  return inTx(ctx, async (ctx) => {
    const { browser } = await requireBrowser(ctx);
    return toDeviceSignIn(await requireByCode(ctx, { userCode, browser, guesses }), browser);
  });
}

type CodeAttempt = { userCode: string; browser: Browser; guesses: FailedSignIns };
type FoundRequest = { row: DeviceRow; userCode: string };

/**
 * Returns the open request with a code. Each try of a sign-in counts as a guess until it has found something, even when
 * many tries run at once. A try over the limit throws `rate-limited`, whether right or wrong. Tries are counted by
 * sign-in, because a name does not identify one.
 */
export async function requireByCode(
  ctx: ServiceContext,
  { userCode: enteredCode, browser, guesses }: CodeAttempt,
): Promise<FoundRequest> {
  guesses.assertAllowed(browser.rootId);
  guesses.note(browser.rootId);
  const userCode = readUserCode(enteredCode);
  const [row] =
    userCode === null
      ? []
      : await ctx.db
          .select()
          .from(deviceSignIns)
          .where(
            and(eq(deviceSignIns.userHash, hashToken(userCode)), gt(deviceSignIns.expiresAt, sql`clock_timestamp()`)),
          );
  if (userCode === null || !row)
    throw new AgentRunError(
      "schema-invalid",
      "not-found",
      "no command line waits under this code: codes end after 10 minutes, so run agentrun login again",
    );
  guesses.forgive(browser.rootId);
  return { row, userCode };
}

/** Returns a request as a person sees it, without its digests. */
export function toDeviceSignIn({ row, userCode }: FoundRequest, browser: Browser): DeviceSignIn {
  const { state, client, address, createdAt, expiresAt } = row;
  const until = iso(browser.expiresAt);
  return { userCode, state, client, address, askedAt: iso(createdAt), expiresAt: iso(expiresAt), until };
}
