import { and, asc, eq, inArray } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { runs } from "@/db/schema";
import { lockTaskRow } from "./lock";

/**
 * Locks the tasks that a session's open runs are attempts of, for a caller that goes on to lock the session and to end
 * these runs: in the one lock order tasks come before their session. `tenantId`: whose session it must be; null allows
 * every tenant.
 */
export async function lockTasksOfSession(tx: Tx, sessionId: string, tenantId: string | null): Promise<void> {
  const open = await tx
    .select({ taskId: runs.taskId })
    .from(runs)
    .where(
      and(
        eq(runs.sessionId, sessionId),
        inArray(runs.status, ["claimed", "pending"]),
        tenantId === null ? undefined : eq(runs.tenantId, tenantId),
      ),
    )
    .orderBy(asc(runs.taskId));
  for (const { taskId } of open) if (taskId !== null) await lockTaskRow(tx, taskId);
}
