import { and, eq, isNull, type SQL, sql } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";
import type { RunnerEndKind } from "@/contract/words";
import type { Tx } from "@/db/client";
import { type RunRow, runners } from "@/db/schema";

const orElse = (column: PgColumn, value: unknown): SQL => sql`coalesce(${column}, ${value})`;

/** Whether an executor's process for the runner is recorded that the executor has not seen end. */
export const hasLiveJob = sql`exists (
  select from agentrun_runner_jobs job where job.run_id = ${runners.runId} and job.runner_id = ${runners.id}
    and job.state in ('launching', 'running'))`;

/**
 * Records how a runner's hold on its run ended. The runner itself has not ended while its executor knows its process to
 * be alive, nor, when it lost its run, until the outcome of the run is known.
 */
export async function noteHoldEnd(
  tx: Tx,
  { runnerId, runId }: { runnerId: string; runId: string },
  { kind, message }: { kind: RunnerEndKind; message: string | null },
): Promise<void> {
  await tx
    .update(runners)
    .set({
      endKind: orElse(runners.endKind, kind),
      endMessage: orElse(runners.endMessage, message),
      ...(kind === "lost" ? {} : { endedAt: sql`case when ${hasLiveJob} then null else clock_timestamp() end` }),
    })
    .where(and(eq(runners.id, runnerId), eq(runners.runId, runId), isNull(runners.endedAt)));
}

/**
 * Records that a runner's process is gone. A runner that lost its run stays listed until it is known what becomes of
 * the run.
 */
export async function noteGone(
  tx: Tx,
  { runnerId, runId }: { runnerId: string; runId: string },
  { isRunWaiting, message }: { isRunWaiting: boolean; message: string },
): Promise<void> {
  const isRecovering = sql`(${runners.endKind} = 'lost' and ${isRunWaiting}::boolean)`;
  await tx
    .update(runners)
    .set({
      endKind: orElse(runners.endKind, "finished"),
      endMessage: orElse(runners.endMessage, message),
      endedAt: sql`case when ${isRecovering} then null else clock_timestamp() end`,
    })
    .where(and(eq(runners.id, runnerId), eq(runners.runId, runId), isNull(runners.endedAt)));
}

/** Ends a lost runner once it is known what becomes of its run: another runner has it, or it has ended. */
export async function endLostRunner(tx: Tx, run: Pick<RunRow, "id" | "leaseEpoch">): Promise<void> {
  // Losing a runner raises the epoch above that of a first claim, so most runs need no look.
  if (run.leaseEpoch < 2) return;
  await tx
    .update(runners)
    .set({ endedAt: sql`clock_timestamp()` })
    .where(
      and(
        sql`${runners.id} = (select stale_recovery_marker->>'runnerId' from agentrun_leases where run_id = ${run.id})`,
        eq(runners.runId, run.id),
        eq(runners.endKind, "lost"),
        isNull(runners.endedAt),
        sql`not ${hasLiveJob}`,
      ),
    );
}
