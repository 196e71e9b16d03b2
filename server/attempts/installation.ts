import { installation } from "@/db/schema";
import type { ServiceContext } from "@/server/context";

/** Returns the id that marks everything which this installation starts elsewhere. */
export async function readInstallationId(ctx: ServiceContext): Promise<string> {
  const [row] = await ctx.db.select({ id: installation.id }).from(installation);
  if (!row) throw new Error("the table agentrun_installation is empty: it is filled by the migration that makes it");
  return row.id;
}
