import { failingUntil, limitedUntil } from "@/contract/backend-standing";
import { type DispatchFacts, readBusySessions, readDispatchFacts, type SessionBusy } from "@/db/queries/queue-dispatch";
import type { ServiceContext } from "@/server/context";
import type { BackendRoom, RoomFacts } from "./room";

/** Runners that live at once, of tasks and of other runs together. */
export type Capacity = { runnersMax: number };

/** Everything that limits dispatching, but for sessions: those are asked for task by task. */
export type Facts = Omit<RoomFacts, "busySessions">;

/** Everything that limits dispatching, as it is now. Read after the dispatch lock, in statements of its own. */
export async function readFacts(ctx: ServiceContext, { runnersMax }: Capacity): Promise<Facts> {
  const { active, controls, backends, budgets, otherRunners } = await readDispatchFacts(ctx.db);
  const rooms = new Map(backends.map((backend) => [backend.profile, backendRoom(backend)]));
  return { active, controls, budgets, capacity: Math.max(0, runnersMax - otherRunners), backends: rooms };
}

/** What a profile's row says of how much it takes, or that it takes nothing for a while. */
function backendRoom({ capacity, health, probe, ...row }: DispatchFacts["backends"][number]): BackendRoom {
  const { maxRunning } = capacity ?? {};
  const { message } = health ?? {};
  const nowMs = Date.now();
  const limited = limitedUntil(health, nowMs);
  const said = limited === null ? probe?.message : message;
  return {
    maxRunning: typeof maxRunning === "number" ? maxRunning : null,
    otherTurns: row.otherTurns,
    isDisabled: row.isDisabled,
    downUntil: limited ?? failingUntil(probe, nowMs),
    why: row.isDisabled ? row.disabledReason : typeof said === "string" ? said : null,
  };
}

/** Of some tasks' sessions those that cannot take a turn now. */
export async function readBusy(
  ctx: ServiceContext,
  tasks: { sessionId: string | null }[],
): Promise<Map<string, SessionBusy>> {
  const named = [...new Set(tasks.flatMap(({ sessionId }) => sessionId ?? []))];
  const busy = await readBusySessions(ctx.db, named);
  return new Map(busy.map(({ sessionId, why }) => [sessionId, why]));
}
