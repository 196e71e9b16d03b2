import { BULK_KINDS, type BulkKind, type BulkVerb } from "@/contract/bulk";
import type { TokenScope } from "@/contract/words";
import { actorName } from "@/server/audit";
import { type Actor, hasScope } from "@/server/context";
import { ForbiddenError } from "@/server/errors";

/** The scope of what is acted on: a token that may not cancel one run may not cancel many. */
const SCOPE_OF: Record<BulkKind, TokenScope> = {
  task: "queue",
  run: "runs",
  session: "sessions",
  volume: "storage",
  approval: "approvals",
  runner: "runners",
};
/** What an action needs beside its kind's scope. */
const SCOPES_OF_VERB: { [Verb in BulkVerb]?: TokenScope } = {
  evict: "storage",
  extend: "storage",
  pin: "storage",
  unpin: "storage",
};
/** A person's own marks, which a viewer keeps too. */
const OF_VIEWERS: readonly BulkVerb[] = ["read", "unread"];

/** The kinds that a caller's token is for. */
export function kindsOf(actor: Actor): BulkKind[] {
  return BULK_KINDS.filter((kind) => hasScope(actor, SCOPE_OF[kind]));
}

type Asked = { kind: BulkKind; action: BulkVerb; createdBy?: string };

/** Refuses who may not do to one thing what is asked of many; a viewer also what others have begun. */
export function assertMayAct(actor: Actor, { kind, action, createdBy }: Asked): void {
  for (const scope of [SCOPE_OF[kind], SCOPES_OF_VERB[action]])
    if (scope !== undefined && !hasScope(actor, scope))
      throw new ForbiddenError(`to ${action} many of a ${kind} a token's scopes must name ${scope}`);
  if (actor.kind !== "operator" || actor.role !== "viewer") return;
  if (!OF_VIEWERS.includes(action) || (createdBy !== undefined && createdBy !== actorName(actor)))
    throw new ForbiddenError("this needs the role operator; the token has viewer");
}
