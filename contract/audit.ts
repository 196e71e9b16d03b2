import { z } from "zod";
import { RecordId } from "./ids";
import { Cursor, LIST_LIMIT_MAX, pageLimit, pageOf } from "./page";
import { TIME_RANGE } from "./time-range";
import { AUDIT_TARGETS, CALLER_KINDS } from "./words";

export const ListAuditInput = z.strictObject({
  id: RecordId.optional(),
  actor: RecordId.optional(),
  /** The kind of caller. `operator` covers everything that people did. */
  callerKind: z.enum(CALLER_KINDS).optional(),
  action: RecordId.optional(),
  targetKind: z.enum(AUDIT_TARGETS).optional(),
  targetId: RecordId.optional(),
  tenantId: RecordId.optional(),
  ...TIME_RANGE,
  cursor: Cursor.optional(),
  limit: pageLimit(LIST_LIMIT_MAX),
});
export type ListAuditInput = z.infer<typeof ListAuditInput>;

/** Who did what, and to which record. */
export const AuditRow = z.object({
  id: z.string(),
  at: z.string(),
  /** The caller's kind and name: `operator:admin`, `runner:run_…`, `system:dispatcher`. */
  actor: z.string(),
  /** The verb as the API names it: `runs.cancel`. */
  action: z.string(),
  tenantId: z.string().nullable(),
  targetKind: z.string(),
  targetId: z.string(),
  /** The target's title or name now, of sessions, runs, tasks, schedules and budgets that are still there. */
  title: z.string().nullable().optional(),
  details: z.record(z.string(), z.unknown()),
});
export type AuditRow = z.infer<typeof AuditRow>;
export const AuditPage = pageOf(AuditRow);
