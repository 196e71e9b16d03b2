import { sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { encodeTextArray, jsonbArray } from "@/db/queries/sql/binary-arrays";
import { executeNamed } from "@/db/queries/sql/named";

export type NewAudit = {
  id: string;
  actor: string;
  action: string;
  tenantId: string | null;
  targetKind: string;
  targetId: string;
  details: Record<string, unknown>;
};

/** Inserts any number of audit rows by one statement of fixed text. */
export async function insertAudit(tx: Tx, rows: NewAudit[]): Promise<void> {
  const texts = (key: Exclude<keyof NewAudit, "details">) => encodeTextArray(rows.map((row) => row[key]));
  await executeNamed(
    tx,
    sql`
    insert into agentrun_audit (id, actor, action, tenant_id, target_kind, target_id, details)
    select * from unnest(${texts("id")}::text[], ${texts("actor")}::text[], ${texts("action")}::text[],
      ${texts("tenantId")}::text[], ${texts("targetKind")}::text[], ${texts("targetId")}::text[],
      ${jsonbArray(rows.map(({ details }) => JSON.stringify(details)))}::jsonb[])`,
  );
}
