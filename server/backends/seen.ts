import type { BackendProbe } from "@/contract/backend";
import { type ServiceContext, tenantOf } from "@/server/context";

/**
 * Returns a probe as the caller may see it. A caller bound to a tenant does not get the provider's words, which may
 * name the organisation.
 */
export function probeSeenBy<Seen extends BackendProbe | null>(ctx: ServiceContext, probe: Seen): Seen {
  if (tenantOf(ctx) === null || probe === null) return probe;
  return { ...probe, message: kindOf(probe) };
}

function kindOf({ isOk, status }: BackendProbe): string {
  if (isOk) return "it answers";
  return status === null ? "it was not reached" : `it failed with status ${status}`;
}

/** The same for a provider's health: without its words about a limit. */
export function healthSeenBy(ctx: ServiceContext, health: Record<string, unknown>): Record<string, unknown> {
  if (tenantOf(ctx) === null) return health;
  const { message: _message, ...kind } = health;
  return kind;
}
