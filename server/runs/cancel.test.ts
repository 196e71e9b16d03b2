import { inArray } from "drizzle-orm";
import { expect, test } from "vitest";
import { audit, commands, leases, queueTasks, runs } from "@/db/schema";
import { createTestDatabase } from "@/db/test/database";
import { makeRun } from "@/db/test/factories";
import { ackCommand, cancelCommand, createCommand } from "@/server/commands";
import { cancelTask, createTask } from "@/server/queue";
import { testContext } from "@/server/test/context";
import { cancelRun, claimRun, releaseRun } from ".";

const SECRET = "ghp_0123456789abcdefghijABCDEFGHIJ";
const reason = `not with \u0000 ${SECRET}`;
const redacted = "not with \uFFFD [redacted]";

test("stores the reason of a cancellation or release cleaned and redacted", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const cancelled = await makeRun(ctx.database.db);
  expect((await cancelRun(ctx, { runId: cancelled.id, reason })).cancelReason).toBe(redacted);

  const claimed = await makeRun(ctx.database.db);
  const { id: commandId } = await createCommand(ctx, { runId: claimed.id, type: "turn", payload: { text: "go" } });
  const { leaseEpoch } = await claimRun(ctx, { runId: claimed.id, runnerId: "runner_cancel" });
  await ackCommand(ctx, { commandId, leaseEpoch });
  await cancelCommand(ctx, { commandId, reason });
  await cancelRun(ctx, { runId: claimed.id, reason });
  const [command] = await ctx.database.db
    .select()
    .from(commands)
    .where(inArray(commands.id, [commandId]));
  expect(command?.cancelReason).toBe(redacted);

  const released = await makeRun(ctx.database.db);
  const lease = await claimRun(ctx, { runId: released.id, runnerId: "runner_release" });
  await releaseRun(ctx, { runId: released.id, leaseEpoch: lease.leaseEpoch, reason });

  const task = await createTask(ctx, { title: "t", backendProfile: "codex", payload: {} });
  expect((await cancelTask(ctx, { taskId: task.id, reason })).cancelReason).toBe(redacted);

  for (const table of [runs, commands, leases, queueTasks, audit])
    expect(JSON.stringify(await ctx.database.db.select().from(table))).not.toContain(SECRET);
});
