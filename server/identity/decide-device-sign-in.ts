import { and, eq, gt, sql } from "drizzle-orm";
import type { DecideDeviceSignInInput, DeviceSignIn } from "@/contract/device-sign-in";
import { deviceSignIns } from "@/db/schema";
import { audit } from "@/server/audit";
import { inTx, type ServiceContext } from "@/server/context";
import { ConflictError } from "@/server/errors";
import type { FailedSignIns } from "./failed-sign-ins";
import { requireByCode, toDeviceSignIn } from "./find-device-sign-in";
import { requireBrowser, requireOwnTokenCapacity } from "./own-tokens";

/**
 * Allows a command line to collect a token of the caller's own, or refuses it, once. Only a browser that could make
 * such a token itself may decide (`forbidden` otherwise), so that no token makes another.
 */
export function decideDeviceSignIn(
  ctx: ServiceContext,
  { userCode: enteredCode, decision }: DecideDeviceSignInInput,
  guesses: FailedSignIns,
): Promise<DeviceSignIn> {
  return inTx(ctx, async (ctx) => {
    const { tokenId, browser } = await requireBrowser(ctx);
    const { row, userCode } = await requireByCode(ctx, { userCode: enteredCode, browser, guesses });
    // A refusal needs no room for a token.
    if (decision === "allow") await requireOwnTokenCapacity(ctx);
    const [decided] = await ctx.db
      .update(deviceSignIns)
      .set({
        state: decision === "allow" ? "allowed" : "refused",
        decidedAt: sql`clock_timestamp()`,
        decidedBy: ctx.actor.name,
        decidedTokenId: tokenId,
      })
      .where(
        and(
          eq(deviceSignIns.id, row.id),
          eq(deviceSignIns.state, "waiting"),
          gt(deviceSignIns.expiresAt, sql`clock_timestamp()`),
        ),
      )
      .returning();
    if (!decided) throw new ConflictError("already-terminal", "this sign-in was answered already, or is over");
    const { client, address } = decided;
    await audit(ctx, {
      action: "identity.decideDeviceSignIn",
      targetKind: "device-sign-in",
      targetId: row.id,
      details: { decision, client, address },
    });
    return toDeviceSignIn({ row: decided, userCode }, browser);
  });
}
