import { sql } from "drizzle-orm";
import type { Db, Tx } from "@/db/client";

/** What a timeline needs of an event: never its text, output or diff. */
export type TimelineStep = {
  seq: number;
  type: string;
  atMs: number;
  phase: string | null;
  turnId: string | null;
  itemId: string | null;
  commandId: string | null;
  commandType: string | null;
  approvalId: string | null;
  runnerId: string | null;
  status: string | null;
  decision: string | null;
  label: string | null;
  isError: boolean;
  durationMs: number | null;
};

export const STEP_LABEL_MAX = 120;

/** The types whose payload says more than that something happened. */
const READ_TYPES = sql`('backend_status', 'terminal_status', 'tool_call', 'tool_output', 'command_execution',
  'file_change', 'approval_request', 'approval_decision')`;

/**
 * A run's events in a range of seqs as steps of its timeline: as many rows of the index on (run_id, seq) as the range is
 * long, whatever plan is made. Each payload is read
 * once at most, and long ones (what was said, printed or changed) are not read at all where their type says enough.
 */
export async function readTimelineSteps(
  db: Db | Tx,
  range: { runId: string; afterSeq: number; throughSeq: number },
): Promise<TimelineStep[]> {
  const { rows } = await db.execute<Omit<TimelineStep, "durationMs"> & { durationMs: string | null }>(sql`
    select event.seq, event.type,
      floor(extract(epoch from event.created_at) * 1000)::float8 as "atMs",
      left(said.phase, 64) as phase, left(said."turnId", 256) as "turnId", left(said."itemId", 256) as "itemId",
      left(said."commandId", 256) as "commandId", left(said."commandType", 64) as "commandType",
      left(said."approvalId", 256) as "approvalId", left(said."runnerId", 256) as "runnerId",
      left(coalesce(said.status, said."terminalStatus", said.state), 64) as status, left(said.decision, 64) as decision,
      left(coalesce(said.command, said.tool, said.changes->0->>'path', said.kind), ${STEP_LABEL_MAX}) as label,
      coalesce(said."isError" = 'true', false) as "isError", left(said."durationMs", 20) as "durationMs"
    from (
      select seq, type, created_at, case when type in ${READ_TYPES} then payload else '{}' end as payload
      from agentrun_events where run_id = ${range.runId} and seq > ${range.afterSeq} and seq <= ${range.throughSeq}
    ) event
    cross join lateral jsonb_to_record(event.payload) as said (phase text, "turnId" text, "itemId" text,
      "commandId" text, "commandType" text, "approvalId" text, "runnerId" text, status text, "terminalStatus" text,
      state text, decision text, command text, tool text, kind text, "isError" text, "durationMs" text, changes jsonb)
    order by event.seq`);
  return rows.map((row) => ({ ...row, durationMs: numberOrNull(row.durationMs) }));
}

function numberOrNull(text: string | null): number | null {
  const value = text === null ? Number.NaN : Number(text);
  return Number.isFinite(value) && value >= 0 ? value : null;
}
