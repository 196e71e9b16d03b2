import { parseAsString, parseAsStringLiteral } from "nuqs/server";
import { RANGE_FILTERS } from "@/components/ui/time-range";
import { type AuditFilter, auditInput } from "@/contract/query/audit";
import { AUDIT_TARGETS, CALLER_KINDS } from "@/contract/words";

export { type AuditFilter, auditInput } from "@/contract/query/audit";

/** The audit page's filter, as its address holds it. */
export const AUDIT_FILTERS = {
  id: parseAsString,
  actor: parseAsString,
  by: parseAsStringLiteral(CALLER_KINDS),
  action: parseAsString,
  kind: parseAsStringLiteral(AUDIT_TARGETS),
  target: parseAsString,
  tenant: parseAsString,
  ...RANGE_FILTERS,
};

export function isFiltered(filter: AuditFilter): boolean {
  return Object.keys(auditInput(filter)).length > 0;
}
