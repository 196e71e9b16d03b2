import { BULK_KINDS, type BulkKind, type BulkVerb } from "@/contract/bulk";
import type { TokenScope } from "@/contract/words";
import { actorName } from "@/server/audit";
import { type Actor, hasScope } from "@/server/context";
import { ForbiddenError } from "@/server/errors";

/** The scope that each kind needs: a token that may not cancel one run may not cancel many. */
const SCOPE_OF: Record<BulkKind, TokenScope> = {
  task: "queue",
  run: "runs",
  session: "sessions",
  volume: "storage",
  approval: "approvals",
  runner: "runners",
};
/** Scopes that an action needs besides that of its kind. */
const SCOPES_OF_VERB: { [Verb in BulkVerb]?: TokenScope } = {
  evict: "storage",
  extend: "storage",
  pin: "storage",
  unpin: "storage",
};
/** A person's own marks, which viewers may set too. */
const OF_VIEWERS: readonly BulkVerb[] = ["read", "unread"];

/** Returns the kinds that a caller's token covers. */
export function kindsOf(actor: Actor): BulkKind[] {
  return BULK_KINDS.filter((kind) => hasScope(actor, SCOPE_OF[kind]));
}

type BulkRightsInput = { kind: BulkKind; action: BulkVerb; createdBy?: string };

/** Throws for a caller that may not do this to a single target, and for a viewer acting on another's bulk action. */
export function assertMayAct(actor: Actor, { kind, action, createdBy }: BulkRightsInput): void {
  for (const scope of [SCOPE_OF[kind], SCOPES_OF_VERB[action]])
    if (scope !== undefined && !hasScope(actor, scope))
      throw new ForbiddenError(`to ${action} many of a ${kind} a token's scopes must name ${scope}`);
  if (actor.kind !== "operator" || actor.role !== "viewer") return;
  if (!OF_VIEWERS.includes(action) || (createdBy !== undefined && createdBy !== actorName(actor)))
    throw new ForbiddenError("this needs the role operator; the token has viewer");
}
