import { parseAsBoolean, parseAsString, parseAsStringLiteral } from "nuqs/server";
import { RANGE_FILTERS } from "@/components/ui/time/time-range";
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

/** Whether an address without conditions asks for everybody's actions. */
export const EVERYBODY = { all: parseAsBoolean.withDefault(false) };

/** What is listed: without conditions what people did, since machines do far more. */
export function listedFilter(filter: AuditFilter, isEverybody: boolean): AuditFilter {
  return isFiltered(filter) || isEverybody ? filter : { ...filter, by: "operator" };
}
