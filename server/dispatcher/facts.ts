import { countOtherRunners, readActive, readBusySessions } from "@/db/queries/queue-dispatch";
import { backends, queueControls } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { storedJson } from "@/server/stored";
import type { BackendRoom, RoomFacts } from "./room";

/** Runners that the executor has room for, as a worker that dispatches knows it; null: none is dispatched here. */
export type Capacity = { runnersMax: number };

/** Everything that limits dispatching, as it is now. Read after the dispatch lock, in statements of its own. */
export async function readFacts(
  ctx: ServiceContext,
  { runnersMax }: Capacity,
): Promise<Omit<RoomFacts, "busySessions">> {
  const active = await readActive(ctx.db);
  const controls = await ctx.db.select().from(queueControls);
  const others = await countOtherRunners(ctx.db);
  return { active, controls, capacity: Math.max(0, runnersMax - others), backends: await readBackendRoom(ctx) };
}

/** Profiles whose row says that they take only so much, or nothing for a while. */
async function readBackendRoom(ctx: ServiceContext): Promise<Map<string, BackendRoom>> {
  const rows = await ctx.db.select().from(backends);
  const now = Date.now();
  return new Map(
    rows.map((row) => {
      const { maxRunning } = storedJson(row.capacity) ?? {};
      const { downUntil, message } = storedJson(row.health) ?? {};
      const isDown = typeof downUntil === "string" && Date.parse(downUntil) > now;
      const room = {
        maxRunning: typeof maxRunning === "number" ? maxRunning : null,
        downUntil: isDown ? downUntil : null,
        why: typeof message === "string" ? message : null,
      };
      return [row.profile, room];
    }),
  );
}

/** Of some tasks' sessions those that cannot take a turn now. */
export async function readBusy(
  ctx: ServiceContext,
  tasks: { sessionId: string | null }[],
): Promise<Map<string, "running" | "evicted">> {
  const named = [...new Set(tasks.flatMap(({ sessionId }) => sessionId ?? []))];
  const busy = await readBusySessions(ctx.db, named);
  return new Map(busy.map(({ sessionId, why }) => [sessionId, why]));
}
