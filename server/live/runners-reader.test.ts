import { expect, test } from "vitest";
import { createTestDatabase } from "@/db/test/database";
import { finishCommand } from "@/server/commands";
import { registerRunner } from "@/server/runners";
import { claimRun, finishRun, heartbeatRun } from "@/server/runs";
import { testContext } from "@/server/test/context";
import { runWithTurn } from "@/server/test/stub-executor";
import { Hub } from "./hub";
import { RunnersReader } from "./runners-reader";

test("a follower gets a changed runner, beats without other changes, and the runner's end", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const hub = new Hub();
  const told: string[] = [];
  const reader = new RunnersReader(ctx.database.db, hub, (error) => told.push(String(error)));
  await registerRunner(ctx, { id: "bystander" });
  const { runId, commandId } = await runWithTurn(ctx, "ses_told");
  const { leaseEpoch } = await claimRun(ctx, { runId, runnerId: "r1" });
  const beat = (roundTripMs: number) => heartbeatRun(ctx, { runId, runnerId: "r1", leaseEpoch, roundTripMs });
  await beat(1);
  const stop = await reader.follow(({ changed, beaten }) => {
    told.push(...changed.map(({ runner, state }) => `${runner.id} ${state}`));
    told.push(
      ...beaten.map(({ found, newBeats: fresh }) => `${found.runner.id} beat ${fresh} of ${found.runner.beatCount}`),
    );
  });
  try {
    // What exists at first is in the list, which is read anyway.
    await beat(2);
    await beat(3);
    await expect.poll(() => told.at(-1), { timeout: 10_000 }).toMatch(/^r1 beat \d of 3$/);
    await registerRunner(ctx, { id: "late-comer" });
    hub.wake("runs");
    await expect.poll(() => told.at(-1), { timeout: 10_000 }).toBe("late-comer idle");
    await finishCommand(ctx, { commandId, leaseEpoch, terminalStatus: "completed" });
    hub.wake("runs");
    await expect.poll(() => told.at(-1), { timeout: 10_000 }).toBe("r1 idle");
    await finishRun(ctx, { runId, leaseEpoch, terminalStatus: "completed" });
    hub.wake("runs");
    await expect.poll(() => told.at(-1), { timeout: 10_000 }).toBe("r1 ended");
    expect(told.join()).not.toContain("bystander");
  } finally {
    stop();
  }
});
