import { asc, eq, isNull, sql } from "drizzle-orm";
import { within } from "@/contract/async";
import type { AttemptAnswer, AttemptAsk } from "@/contract/run-job";
import { attemptAsks } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { isAgentRunError } from "@/server/errors";
import { redactJson } from "@/server/events";
import type { Executor } from "@/server/executors";
import { removeExpiredAsks } from "./ask";

/** Requests that are with the executor at once. */
const CONCURRENCY_MAX = 8;
/** A node that is gone does not provide logs: the caller learns so before it gives up itself. */
const EXECUTOR_MAX_MS = 6_000;
/** How long a pass waits for its requests; slower ones hold up no other. */
const PASS_MAX_MS = 200;

/** Answers web's requests to the executor. Answers are redacted before they are stored in the database. */
export class InspectionResponder {
  readonly #underWay = new Set<string>();

  constructor(private readonly deps: { ctx: ServiceContext; executor: Executor }) {}

  async pass(): Promise<void> {
    const { ctx } = this.deps;
    await removeExpiredAsks(ctx);
    const open = await ctx.db
      .select({ id: attemptAsks.id, attemptId: attemptAsks.attemptId, ask: attemptAsks.ask })
      .from(attemptAsks)
      .where(isNull(attemptAsks.answeredAt))
      .orderBy(asc(attemptAsks.askedAt))
      .limit(CONCURRENCY_MAX * 2);
    const next = open.filter(({ id }) => !this.#underWay.has(id)).slice(0, CONCURRENCY_MAX - this.#underWay.size);
    await within(PASS_MAX_MS, Promise.all(next.map((row) => this.#answer(row))));
  }

  async #answer({ id, attemptId, ask }: { id: string; attemptId: string; ask: AttemptAsk }): Promise<void> {
    const { ctx } = this.deps;
    this.#underWay.add(id);
    try {
      const answer = redactJson(await this.#askExecutor(attemptId, ask));
      await ctx.db
        .update(attemptAsks)
        .set({ answer, answeredAt: sql`clock_timestamp()` })
        .where(eq(attemptAsks.id, id));
    } catch (error) {
      ctx.log.error({ err: error, attemptId }, "could not answer an inspection request");
    } finally {
      this.#underWay.delete(id);
      // More requests may have come than there are lanes.
      ctx.wake("asks");
    }
  }

  async #askExecutor(attemptId: string, ask: AttemptAsk): Promise<AttemptAnswer> {
    const { ctx, executor } = this.deps;
    try {
      const answer = await within(EXECUTOR_MAX_MS, readFromExecutor(executor, attemptId, ask));
      return (
        answer ?? { what: "refusal", message: `the executor did not answer in ${EXECUTOR_MAX_MS / 1_000} seconds` }
      );
    } catch (error) {
      if (isAgentRunError(error)) return { what: "refusal", message: error.message };
      ctx.log.error({ err: error, attemptId }, "executor could not inspect the attempt");
      return { what: "refusal", message: "the executor failed: see the worker's log" };
    }
  }
}

async function readFromExecutor(executor: Executor, attemptId: string, ask: AttemptAsk): Promise<AttemptAnswer> {
  if (ask.what === "details") return { what: "details", details: await executor.inspect(attemptId) };
  const { container, tailLines } = ask;
  return { what: "log", log: await executor.readLog(attemptId, { container, tailLines }) };
}
