import { failingUntil, limitedUntil } from "@/contract/backend-standing";
import { type DispatchFacts, readDispatchFacts } from "@/db/queries/queue/dispatch";
import { readBusySessions, type SessionBusy } from "@/db/queries/queue/read-busy-sessions";
import type { ServiceContext } from "@/server/context";
import type { BackendLimit, LimitSnapshot } from "./limit-ledger";

/** The maximum of runners that live at once, for tasks and other runs together. */
export type Capacity = { runnersMax: number };

/** Everything that limits dispatching except sessions, which are read for the tasks at hand. */
export type DispatchLimits = Omit<LimitSnapshot, "busySessions">;

/**
 * Reads everything that limits dispatching, as it stands now. Call it after the dispatch lock was taken: its statements
 * must begin after that.
 */
export async function readLimits(ctx: ServiceContext, { runnersMax }: Capacity): Promise<DispatchLimits> {
  const { active, controls, backends, budgets, otherRunners } = await readDispatchFacts(ctx.db);
  const backendLimits = new Map(backends.map((backend) => [backend.profile, backendLimit(backend)]));
  return { active, controls, budgets, capacity: Math.max(0, runnersMax - otherRunners), backends: backendLimits };
}

/** Returns a profile's limit, whether it is disabled, and until when it takes nothing. */
function backendLimit({ capacity, health, probe, ...row }: DispatchFacts["backends"][number]): BackendLimit {
  const { maxRunning } = capacity ?? {};
  const { message } = health ?? {};
  const nowMs = Date.now();
  const limited = limitedUntil(health, nowMs);
  const reason = limited === null ? probe?.message : message;
  return {
    maxRunning: typeof maxRunning === "number" ? maxRunning : null,
    otherTurns: row.otherTurns,
    isDisabled: row.isDisabled,
    downUntil: limited ?? failingUntil(probe, nowMs),
    why: row.isDisabled ? row.disabledReason : typeof reason === "string" ? reason : null,
  };
}

/** Returns those sessions of the given tasks that cannot take a turn now, with the reason. */
export async function readBusy(
  ctx: ServiceContext,
  tasks: { sessionId: string | null }[],
): Promise<Map<string, SessionBusy>> {
  const sessionIds = [...new Set(tasks.flatMap(({ sessionId }) => sessionId ?? []))];
  const busy = await readBusySessions(ctx.db, sessionIds);
  return new Map(busy.map(({ sessionId, why }) => [sessionId, why]));
}
