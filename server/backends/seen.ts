import type { BackendProbe } from "@/contract/backend";
import { type ServiceContext, tenantOf } from "@/server/context";

/** What a provider was found to be: to who is bound to a tenant without its words, which may name the organisation. */
export function probeSeenBy<Seen extends BackendProbe | null>(ctx: ServiceContext, probe: Seen): Seen {
  if (tenantOf(ctx) === null || probe === null) return probe;
  return { ...probe, message: kindOf(probe) };
}

function kindOf({ isOk, status }: BackendProbe): string {
  if (isOk) return "it answers";
  return status === null ? "it was not reached" : `it failed with status ${status}`;
}

/** How its provider is: the same, without what it said of a limit. */
export function healthSeenBy(ctx: ServiceContext, health: Record<string, unknown>): Record<string, unknown> {
  if (tenantOf(ctx) === null) return health;
  const { message: _message, ...kind } = health;
  return kind;
}
