import { sql } from "drizzle-orm";
import type { Db, Tx } from "@/db/client";
import { executeNamed } from "@/db/queries/sql/named";
import type { SpentSums } from "@/db/queries/usage/sum-usage";

/** The text of an event, truncated. Fields that the event lacks are absent. */
export type TextEvent = {
  runId: string;
  seq: number;
  type: string;
  createdAt: string;
  /** The end of an output, or the beginning of any other text. */
  text?: string;
  command?: string;
  exitCode?: number;
  tool?: string;
  /** The path and kind of a change's first file, and the number of files. */
  path?: string;
  change?: string;
  files?: number;
  /** For an approval: what is asked for, and what was decided. */
  asks?: string;
  decision?: string;
  status?: string;
};
export type DigestRow = { sessionId: string; sums: SpentSums[]; said: TextEvent[] };

// These limits stand in the statement's text, so that a plan is made for them.
/** The newest events of a run in which to look for types that have words. */
const NEWEST = sql.raw("64");
/** Of these, the maximum events whose payloads are looked at. */
const LOOKED_AT = sql.raw("8");
/** Payloads are looked at up to this total size in the database, in bytes; the newest one whatever its size. */
const BYTES = sql.raw("131072");
/** Maximum events with words that are returned: one may turn out to hold only control sequences. */
const TOLD = sql.raw("3");
/** Maximum characters of a beginning, and of an output's end, before they are cleaned. */
const [CUT, TAIL] = [sql.raw("400"), sql.raw("1000")];

const [OUTPUTS, TYPES] = [
  sql`('command_output', 'tool_output')`,
  sql`('user_message', 'assistant_message', 'command_output', 'tool_output', 'warning', 'error', 'command_execution',
    'tool_call', 'file_change', 'approval_request', 'approval_decision', 'terminal_status')`,
];
const BLANK = sql`E' \\t\\r\\n'`;

const textField = (name: string) =>
  sql.raw(`case when jsonb_typeof(payload.${name}) = 'string' then payload.${name} #>> '{}' end`);
const cut = (name: string) => sql`left(${textField(name)}, ${CUT})`;
const firstText = (...names: string[]) => sql`coalesce(${sql.join(names.map(textField), sql`, `)})`;

/**
 * Reads what sessions' calls consumed, and the newest events with words of their active or last runs, in one statement.
 * For each run it reads the end of one index, and only a few long payloads.
 */
export function readDigests(db: Db | Tx, ids: readonly string[], tenantId: string | null): Promise<DigestRow[]> {
  return executeNamed<DigestRow>(
    db,
    sql`
    select session_id as "sessionId",
      coalesce((select jsonb_agg(jsonb_build_object('currency', currency, 'calls', calls, 'inputTokens', input_tokens,
          'cachedInputTokens', cached_input_tokens, 'outputTokens', output_tokens, 'reasoningTokens', reasoning_tokens,
          'uncountedCalls', uncounted_calls, 'unpricedCalls', unpriced_calls, 'costMicros', cost_micros))
        from agentrun_usage_sessions sum where sum.session_id = session.session_id), '[]') as sums,
      coalesce((select jsonb_agg(said.event order by said.seq desc) from (
        select event.seq, jsonb_strip_nulls(jsonb_build_object('runId', event.run_id, 'seq', event.seq,
            'type', event.type, 'createdAt', event.created_at, 'text', event_text.text,
            'command', coalesce(${cut("command")}, case when jsonb_typeof(payload.command) = 'array' then
              left((select string_agg(word, ' ') from jsonb_array_elements_text(payload.command) word), ${CUT}) end),
            'exitCode', case when jsonb_typeof(payload."exitCode") = 'number' then payload."exitCode" end,
            'tool', coalesce(${cut("tool")}, ${cut("name")}),
            'path', left(first.change ->> 'path', ${CUT}),
            'change', left(first.change ->> 'kind', 64),
            'files', case when jsonb_typeof(payload.changes) = 'array' then jsonb_array_length(payload.changes) end,
            'asks', ${cut("kind")}, 'decision', ${cut("decision")},
            'status', left(${firstText("status", '"terminalStatus"')}, 64))) as event
        from (
          select *, sum(size) over (order by seq desc) - size as before from (
            select *, pg_column_size(payload) as size from (
              select run_id, seq, type, created_at, payload from agentrun_events
              where run_id = coalesce(session.active_run_id, session.last_run_id) order by seq desc limit ${NEWEST}
            ) newest where type in ${TYPES} order by seq desc limit ${LOOKED_AT}
          ) sized
        ) event
        cross join lateral jsonb_to_record(case when jsonb_typeof(event.payload) = 'object' then event.payload else '{}' end)
          as payload (text jsonb, message jsonb, content jsonb, delta jsonb, output jsonb, error jsonb, command jsonb,
            "exitCode" jsonb, tool jsonb, name jsonb, changes jsonb, kind jsonb, decision jsonb, status jsonb,
            "terminalStatus" jsonb)
        cross join lateral (select case when event.type in ${OUTPUTS}
          then right(rtrim(${firstText("text", "output", "delta")}, ${BLANK}), ${TAIL})
          else left(ltrim(${firstText("text", "message", "content", "delta", "error")}, ${BLANK}), ${CUT})
          end as text) event_text
        cross join lateral (select payload.changes -> 0 as change) first
        where before < ${BYTES} and case
          when event.type in ('command_execution', 'tool_call', 'file_change', 'approval_request', 'approval_decision') then true
          -- That a run completed is its state, and hides what was said at its end.
          when event.type = 'terminal_status' then event_text.text <> '' or payload."terminalStatus" <> '"completed"'
          else event_text.text <> '' end
        order by event.seq desc limit ${TOLD}
      ) said), '[]') as said
    from agentrun_sessions session
    where session_id = any (${sql.param([...ids])}::text[]) and deleted_at is null
      and (${tenantId}::text is null or tenant_id = ${tenantId}::text)
    order by session_id`,
  );
}
