import { eq } from "drizzle-orm";
import { backends } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { ConflictError } from "@/server/errors";

/** Throws for new work with a profile that a person has switched off. */
export async function assertEnabled(ctx: ServiceContext, profile: string): Promise<void> {
  const [row] = await ctx.db
    .select({ disabledAt: backends.disabledAt, reason: backends.disabledReason })
    .from(backends)
    .where(eq(backends.profile, profile));
  if (!row?.disabledAt) return;
  const reasonSuffix = row.reason === null ? "" : `: ${row.reason}`;
  throw new ConflictError(
    "backend-disabled",
    `backend ${profile} is switched off${reasonSuffix}: use another, or wait`,
  );
}
