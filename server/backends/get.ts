import { and, eq, inArray, isNull, type SQL, sql } from "drizzle-orm";
import type { BackendDetails, GetBackendInput } from "@/contract/backend";
import { runs, sessions } from "@/db/schema";
import { type ServiceContext, tenantOf } from "@/server/context";
import { NotFoundError } from "@/server/errors";
import { allBackends } from "./list";

/** Returns one profile with what uses it, which a person wants to know before switching it off. */
export async function getBackend(ctx: ServiceContext, { profile }: GetBackendInput): Promise<BackendDetails> {
  const [backend] = await allBackends(ctx, profile);
  if (!backend) throw new NotFoundError("backend profile", profile);
  const tenantId = tenantOf(ctx);
  const ofTenant = (column: SQL | typeof runs.tenantId | typeof sessions.tenantId) =>
    tenantId === null ? undefined : sql`${column} = ${tenantId}`;
  const [liveRuns, ownSessions] = await Promise.all([
    ctx.db.$count(
      runs,
      and(eq(runs.backendProfile, profile), inArray(runs.status, ["pending", "claimed"]), ofTenant(runs.tenantId)),
    ),
    ctx.db.$count(
      sessions,
      and(eq(sessions.backendProfile, profile), isNull(sessions.deletedAt), ofTenant(sessions.tenantId)),
    ),
  ]);
  return { ...backend, use: { liveRuns, sessions: ownSessions } };
}
