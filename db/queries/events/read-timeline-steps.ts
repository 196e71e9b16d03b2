import { sql } from "drizzle-orm";
import type { Db, Tx } from "@/db/client";

/** What a timeline, or a list of turns, needs of an event: never its text, output or diff. */
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
  exitCode: number | null;
  /** Input, cached input, output and reasoning tokens, for an event that counts them. */
  tokens: number[] | null;
  /** The size of the volume, for an event that reports its archive. */
  sizeBytes: number | null;
  filesCount: number | null;
};

export const STEP_LABEL_MAX = 120;

/** The types whose payload says more than that something happened. */
const READ_TYPES = sql`('backend_status', 'terminal_status', 'tool_call', 'tool_output', 'command_execution',
  'file_change', 'approval_request', 'approval_decision', 'token_usage')`;

/**
 * Returns a run's events in a range of seqs as steps of its timeline. Reads as many rows of the index on (run_id, seq)
 * as the range is long, whatever the plan. Each payload is read at most once; long ones (what was said, printed or
 * changed) are not read at all where their type says enough.
 */
export async function readTimelineSteps(
  db: Db | Tx,
  range: { runId: string; afterSeq: number; throughSeq: number },
): Promise<TimelineStep[]> {
  const { rows } = await db.execute<StepRow>(sql`
    select event.seq, event.type,
      floor(extract(epoch from event.created_at) * 1000)::float8 as "atMs",
      left(said.phase, 64) as phase, left(said."turnId", 256) as "turnId", left(said."itemId", 256) as "itemId",
      left(said."commandId", 256) as "commandId", left(said."commandType", 64) as "commandType",
      left(said."approvalId", 256) as "approvalId", left(said."runnerId", 256) as "runnerId",
      left(coalesce(said.status, said."terminalStatus", said.state), 64) as status, left(said.decision, 64) as decision,
      left(coalesce(said.command, said.tool, said.changes->0->>'path', said.kind), ${STEP_LABEL_MAX}) as label,
      coalesce(said."isError" = 'true', false) as "isError", left(said."durationMs", 20) as "durationMs",
      left(said."exitCode", 12) as "exitCode", left(said."sizeBytes", 20) as "sizeBytes",
      left(said."filesCount", 20) as "filesCount",
      case when event.type = 'token_usage' then array[left(said."inputTokens", 20), left(said."cachedInputTokens", 20),
        left(said."outputTokens", 20), left(said."reasoningTokens", 20)] end as tokens
    from (
      select seq, type, created_at, case when type in ${READ_TYPES} then payload else '{}' end as payload
      from agentrun_events where run_id = ${range.runId} and seq > ${range.afterSeq} and seq <= ${range.throughSeq}
    ) event
    cross join lateral jsonb_to_record(event.payload) as said (phase text, "turnId" text, "itemId" text,
      "commandId" text, "commandType" text, "approvalId" text, "runnerId" text, status text, "terminalStatus" text,
      state text, decision text, command text, tool text, kind text, "isError" text, "durationMs" text, changes jsonb,
      "exitCode" text, "sizeBytes" text, "filesCount" text, "inputTokens" text, "cachedInputTokens" text, "outputTokens" text, "reasoningTokens" text)
    order by event.seq`);
  return rows.map((row) => ({
    ...row,
    durationMs: numberOrNull(row.durationMs),
    exitCode: intOrNull(row.exitCode),
    tokens: row.tokens?.map((count) => countOrNull(count) ?? 0) ?? null,
    sizeBytes: countOrNull(row.sizeBytes),
    filesCount: countOrNull(row.filesCount),
  }));
}

type Figure = "durationMs" | "exitCode" | "sizeBytes" | "filesCount";
type StepRow = Omit<TimelineStep, Figure | "tokens"> & {
  [Name in Figure]: string | null;
} & {
  tokens: (string | null)[] | null;
};

function countOrNull(text: string | null): number | null {
  const value = numberOrNull(text);
  return value === null ? null : Math.min(Math.round(value), Number.MAX_SAFE_INTEGER);
}

function intOrNull(text: string | null): number | null {
  return text !== null && /^-?\d{1,10}$/.test(text) ? Number(text) : null;
}

function numberOrNull(text: string | null): number | null {
  const value = text === null ? Number.NaN : Number(text);
  return Number.isFinite(value) && value >= 0 ? value : null;
}
