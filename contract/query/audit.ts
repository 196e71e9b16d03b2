import type { ListAuditInput } from "@/contract/audit";
import { AUDIT_TARGETS, type AuditTarget, CALLER_KINDS, type CallerKind, TOKEN_SCOPES } from "@/contract/words";
import type { QueryPage } from "./page";
import { ANY_TIME, type RangeFilter, rangeInput, rangeKeys } from "./range";

export type AuditFilter = RangeFilter & {
  id: string | null;
  actor: string | null;
  by: CallerKind | null;
  action: string | null;
  kind: AuditTarget | null;
  target: string | null;
  tenant: string | null;
};

export const AUDIT_QUERY: QueryPage<AuditFilter> = {
  page: "audit",
  words: { field: "target", help: "Caller, action or id, told by how it is written", isWhole: true },
  keys: [
    { name: "actor", kind: "text", fields: { ":": "actor" }, help: "Who did it, such as operator:admin" },
    { name: "by", kind: "choice", fields: { ":": "by" }, values: CALLER_KINDS, help: "Kind of caller" },
    { name: "action", kind: "text", fields: { ":": "action" }, help: "What was done, such as runs.cancel" },
    { name: "kind", kind: "choice", fields: { ":": "kind" }, values: AUDIT_TARGETS, help: "What was acted on" },
    { name: "target", kind: "id", fields: { ":": "target" }, help: "Id of what was acted on" },
    { name: "tenant", kind: "text", fields: { ":": "tenant" }, help: "Tenant" },
    { name: "id", kind: "id", fields: { ":": "id" }, help: "Id of one row" },
    ...rangeKeys("it was done"),
  ],
  none: { id: null, actor: null, by: null, action: null, kind: null, target: null, tenant: null, ...ANY_TIME },
  recognise: readSearch,
};

/** Converts a filter to the server's input; prefetch, hook and counts share it. */
export function auditInput(filter: AuditFilter): Partial<ListAuditInput> {
  return {
    ...(filter.id === null ? {} : { id: filter.id }),
    ...(filter.actor === null ? {} : { actor: filter.actor }),
    ...(filter.by === null ? {} : { callerKind: filter.by }),
    ...(filter.action === null ? {} : { action: filter.action }),
    ...(filter.kind === null ? {} : { targetKind: filter.kind }),
    ...(filter.target === null ? {} : { targetId: filter.target }),
    ...(filter.tenant === null ? {} : { tenantId: filter.tenant }),
    ...rangeInput(filter),
  };
}

const ACTOR = /^(operator|runner|launch|archiver|system):./;
const GROUPS: ReadonlySet<string> = new Set(TOKEN_SCOPES);

/** Recognises a caller, an action and a row's id by their form; anything else is the id of a target. */
function readSearch(word: string): Partial<AuditFilter> | null {
  if (ACTOR.test(word)) return { actor: word };
  if (word.startsWith("aud_")) return { id: word };
  const [group = "", verb = ""] = word.split(".");
  return GROUPS.has(group) && verb !== "" ? { action: word } : null;
}
