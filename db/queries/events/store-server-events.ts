import { getClient, type Tx } from "@/db/client";
import { encodeTextArray, jsonbArray } from "@/db/queries/sql/binary-arrays";

/** An event as it is stored; its payload is JSON text. */
export type ServerEventRow = { id: string; type: string; payload: string };

const STORE = `
  with counted as (
    update agentrun_runs set last_event_seq = last_event_seq + $2 where id = $1 returning last_event_seq as last_seq
  )
  insert into agentrun_events (id, run_id, seq, type, payload)
  select event.id, $1, last_seq - $2 + event.place::int, event.type, event.payload
  from counted, unnest($3::text[], $4::text[], $5::jsonb[]) with ordinality as event (id, type, payload, place)
  returning seq`;

/** Adds events to a run that the caller has locked, and returns its last seq. Throws where there is no such run. */
export async function storeServerEvents(tx: Tx, runId: string, events: ServerEventRow[]): Promise<number> {
  const { rows } = await getClient(tx).query<{ seq: number }>({
    name: "agentrun-store-server-events",
    text: STORE,
    values: [
      runId,
      events.length,
      encodeTextArray(events.map(({ id }) => id)),
      encodeTextArray(events.map(({ type }) => type)),
      jsonbArray(events.map(({ payload }) => payload)),
    ],
  });
  if (rows.length !== events.length) throw new Error(`run ${runId} vanished under its lock`);
  return Math.max(...rows.map(({ seq }) => seq));
}
