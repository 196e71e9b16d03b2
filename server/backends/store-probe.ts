import { sql } from "drizzle-orm";
import type { BackendProbe } from "@/contract/backend";
import { cleanJson } from "@/contract/text";
import type { Db, Tx } from "@/db/client";
import type { Probed } from "./probe";

/** Stores the result of a probe, with the number of consecutive failures. */
export async function storeProbe(db: Db | Tx, profile: string, probed: Probed): Promise<BackendProbe> {
  const noted = cleanJson({ ...probed, at: new Date().toISOString(), failures: probed.isOk ? 0 : 1 });
  const { rows } = await db.execute<{ probe: BackendProbe }>(sql`
    insert into agentrun_backends as backend (profile, capabilities, capacity, health, probe)
    values (${profile}, '{}', '{}', '{}', ${JSON.stringify(noted)}::jsonb)
    on conflict (profile) do update set probe = case when (excluded.probe ->> 'isOk')::boolean then excluded.probe
      else excluded.probe || jsonb_build_object('failures', 1 + coalesce((backend.probe ->> 'failures')::int, 0)) end
    returning probe`);
  const [row] = rows;
  if (!row) throw new Error("a probe was not stored");
  return row.probe;
}
