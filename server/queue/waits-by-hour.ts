import type { QueueWaitsByHour, QueueWaitsByHourInput } from "@/contract/queue-commander";
import type { ServiceContext } from "@/server/context";
import { readWaitSteps } from "./waits";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_HOURS = 24;

/** Each quarter of an hour is sampled: the first tasks of a busy hour would say nothing about the rest of it. */
const SAMPLING = { stepMinutes: 60, lookMinutes: 15, samplesMax: 15, lookedMax: 30 };

/** Returns how long tasks waited, hour by hour, up to the current hour. */
export async function queueWaitsByHour(ctx: ServiceContext, input: QueueWaitsByHourInput): Promise<QueueWaitsByHour> {
  const { days = 7, minuteOfHour = 0, ...scope } = input;
  const to = new Date();
  const beginMs = minuteOfHour * MINUTE_MS;
  const hourMs = Math.floor((to.getTime() - beginMs) / HOUR_MS) * HOUR_MS + beginMs;
  const from = new Date(hourMs - days * DAY_HOURS * HOUR_MS);
  const hours = await readWaitSteps(ctx, scope, { from, to, ...SAMPLING });
  return { queue: scope.queue ?? null, from: from.toISOString(), to: to.toISOString(), hours };
}
