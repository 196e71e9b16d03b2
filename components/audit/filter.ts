import { parseAsString, parseAsStringLiteral } from "nuqs/server";
import { RANGE_FILTERS, type RangeFilter, rangeInput } from "@/components/ui/time-range";
import type { ListAuditInput } from "@/contract/audit";
import { AUDIT_TARGETS, type AuditTarget, TOKEN_SCOPES } from "@/contract/words";

/** The audit page's filter, as its address holds it. */
export const AUDIT_FILTERS = {
  id: parseAsString,
  actor: parseAsString,
  action: parseAsString,
  kind: parseAsStringLiteral(AUDIT_TARGETS),
  target: parseAsString,
  tenant: parseAsString,
  ...RANGE_FILTERS,
};
export type AuditFilter = RangeFilter & {
  id: string | null;
  actor: string | null;
  action: string | null;
  kind: AuditTarget | null;
  target: string | null;
  tenant: string | null;
};

/** The query that a filter stands for; prefetch and hook share it, so that their keys cannot drift. */
export function auditInput(filter: AuditFilter): Partial<ListAuditInput> {
  return {
    ...(filter.id === null ? {} : { id: filter.id }),
    ...(filter.actor === null ? {} : { actor: filter.actor }),
    ...(filter.action === null ? {} : { action: filter.action }),
    ...(filter.kind === null ? {} : { targetKind: filter.kind }),
    ...(filter.target === null ? {} : { targetId: filter.target }),
    ...(filter.tenant === null ? {} : { tenantId: filter.tenant }),
    ...rangeInput(filter),
  };
}

export function isFiltered(filter: AuditFilter): boolean {
  return Object.keys(auditInput(filter)).length > 0;
}

const ACTOR = /^(operator|runner|launch|archiver|system):./;
const GROUPS: ReadonlySet<string> = new Set(TOKEN_SCOPES);

/** What a typed text narrows the list to: a caller and an action are told by how they are written, all else is an id. */
export function readSearch(text: string): Partial<AuditFilter> | null {
  const word = text.trim();
  if (word === "") return null;
  if (ACTOR.test(word)) return { actor: word };
  if (word.startsWith("aud_")) return { id: word };
  const [group = "", verb = ""] = word.split(".");
  if (GROUPS.has(group) && verb !== "") return { action: word };
  return { target: word };
}
