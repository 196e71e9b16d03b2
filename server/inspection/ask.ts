import { setTimeout as pause } from "node:timers/promises";
import { and, eq, isNotNull, isNull, sql } from "drizzle-orm";
import type { AttemptAnswer, AttemptAsk } from "@/contract/run-job";
import { attemptAsks } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { UnavailableError } from "@/server/errors";
import { newId } from "@/server/ids";

/** The caller waits no longer than this; the worker gives up earlier. */
const ANSWER_MAX_MS = 8_000;
const POLL_MS = { first: 20, most: 250 };
/** The maximum of waiting requests, of all callers together. */
const OPEN_MAX = 64;

/**
 * Has the worker ask the executor about an attempt, by a row that exists until it is answered: web itself can reach
 * neither the cluster's Jobs nor this machine's runners. Throws when there is no answer in time.
 */
export async function askWorker(
  ctx: ServiceContext,
  request: { attemptId: string; ask: AttemptAsk },
  deadlineMs = ANSWER_MAX_MS,
): Promise<AttemptAnswer> {
  const open = await ctx.db.$count(attemptAsks, isNull(attemptAsks.answeredAt));
  if (open >= OPEN_MAX)
    throw new UnavailableError("overloaded", "too many ask the executor at once: try again in a moment");
  const id = newId("ask");
  await ctx.db.insert(attemptAsks).values({ id, ...request });
  ctx.wake("asks");
  const answer = await waitForAnswer(ctx, id, deadlineMs);
  if (answer === null) {
    await ctx.db.delete(attemptAsks).where(eq(attemptAsks.id, id));
    const seconds = deadlineMs / 1_000;
    throw new UnavailableError(
      "worker-unavailable",
      `the worker did not answer in ${seconds} seconds: see whether it runs, and try again`,
    );
  }
  if (answer.what === "refusal") throw new UnavailableError("executor-unavailable", answer.message);
  return answer;
}

async function waitForAnswer(ctx: ServiceContext, id: string, deadlineMs: number): Promise<AttemptAnswer | null> {
  const until = performance.now() + deadlineMs;
  for (let delayMs = POLL_MS.first; performance.now() < until; ) {
    await pause(delayMs);
    const [answered] = await ctx.db
      .delete(attemptAsks)
      .where(and(eq(attemptAsks.id, id), isNotNull(attemptAsks.answeredAt)))
      .returning({ answer: attemptAsks.answer });
    if (answered) return answered.answer;
    delayMs = Math.min(POLL_MS.most, delayMs * 2);
  }
  return null;
}

/** Removes requests of a web process that died before it read its answer. */
export async function removeExpiredAsks(ctx: ServiceContext): Promise<void> {
  await ctx.db
    .delete(attemptAsks)
    .where(sql`${attemptAsks.askedAt} < clock_timestamp() - ${ANSWER_MAX_MS * 2} * interval '1 millisecond'`);
}
