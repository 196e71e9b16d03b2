import { expect, test } from "vitest";
import { CreateTasksInput } from "@/contract/queue";
import { ackCommand, finishCommand, listCommands } from "@/server/commands";
import type { ServiceContext } from "@/server/context";
import { getTask, listTasks } from "@/server/queue";
import { claimRun, finishRun } from "@/server/runs";
import { createTestQueue } from "./test/queue";

const outputSchema = { type: "object", properties: { n: { type: "integer" } }, required: ["n"] };

/** Plays the run of a dispatched task to its end; returns what its turn was asked. */
async function play(ctx: ServiceContext, taskId: string, end: { output?: Record<string, unknown> }) {
  const { runId } = await getTask(ctx, { taskId });
  const { leaseEpoch } = await claimRun(ctx, { runId: runId ?? "", runnerId: "r1" });
  const [turn] = (await listCommands(ctx, { runId: runId ?? "", afterSeq: 0, limit: 10 })).items;
  const commandId = turn?.id ?? "";
  await ackCommand(ctx, { commandId, leaseEpoch });
  await finishCommand(ctx, { commandId, leaseEpoch, terminalStatus: "completed", ...end });
  await finishRun(ctx, { runId: runId ?? "", runnerId: "r1", leaseEpoch, terminalStatus: "completed" });
  return turn?.payload;
}

test("a task's schema becomes its turn's, with or without a text, and the output is stored with that task only", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  const withText = await queue.add({ title: "Count", payload: { text: "count", outputSchema } });
  const without = await queue.add({ title: "Count", payload: { of: "sheep", outputSchema } });
  const plain = await queue.add({ title: "Talk", payload: { text: "talk" } });
  await queue.dispatch();
  expect(await play(ctx, withText, { output: { n: 1 } })).toEqual({ text: "count", outputSchema });
  expect(await play(ctx, without, {})).toEqual({ text: 'Count\n\n{"of":"sheep"}', outputSchema });
  await play(ctx, plain, {});
  expect(await getTask(ctx, { taskId: withText })).toMatchObject({ state: "completed", output: { n: 1 } });
  // A runner of the previous release finished it.
  expect(await getTask(ctx, { taskId: without })).toMatchObject({ state: "completed", output: null });
  expect(await getTask(ctx, { taskId: plain })).toMatchObject({ state: "completed", output: null });
  for (const task of (await listTasks(ctx, { limit: 10 })).items) expect(task).not.toHaveProperty("output");
});

test("an invalid schema in a batch is refused by the contract with the whole batch", async () => {
  const task = (schema: unknown) => ({ title: "t", backendProfile: "demo", payload: { outputSchema: schema } });
  const { error } = CreateTasksInput.safeParse({ tasks: [task(outputSchema), task({ type: "string" })] });
  expect(error?.issues[0]?.path).toEqual(["tasks", 1, "payload", "outputSchema", "type"]);
});
