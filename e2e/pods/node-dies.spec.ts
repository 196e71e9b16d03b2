import { expect, test } from "@playwright/test";
import { ctr } from "./node";
import { openProgram } from "./program";
import { pods } from "./state";

/** The node takes its time: a container that has just been started again is started later each time that it dies. */
const RECOVERY_TIMEOUT_MS = 300_000;

/** Kills every process of every pod on the node, web's and the worker's too, as a node that loses its power does. */
function killEveryContainer(): void {
  const { containerd } = pods();
  const tasks = ctr(containerd, "tasks", "ls", "--quiet").split("\n").filter(Boolean);
  for (const task of tasks) {
    try {
      ctr(containerd, "tasks", "kill", "--signal", "SIGKILL", task);
    } catch (error) {
      // A pod's other container may have gone with it.
      if (!String(error).includes("no running task")) throw error;
    }
  }
}

test("all of the node's containers die in the middle of a turn: the turn alone is lost, and the session goes on", async () => {
  test.setTimeout(2 * RECOVERY_TIMEOUT_MS + 300_000);
  const program = openProgram();
  const sessionId = "node-dies";
  const kept = await program.run(sessionId);
  await program.turn(kept.id, "RUN `echo heron > remembered.txt`");
  expect(await program.ended(kept.id)).toMatchObject({ status: "completed" });
  const run = await program.run(sessionId);
  await program.turn(run.id, "RUN `echo begun; sleep 600`");
  await program.until(`/runs/${run.id}/events?limit=500`, ({ items }) =>
    items.some(({ type }: { type: string }) => type === "command_execution"),
  );

  killEveryContainer();
  await expect.poll(() => program.isUp(), { timeout: RECOVERY_TIMEOUT_MS }).toBe(true);
  const ended = await program.ended(run.id, RECOVERY_TIMEOUT_MS);
  expect(ended).toMatchObject({ status: "failed", failureKind: "runner-lost" });
  const events = await program.events(run.id);
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
  expect(events.filter(({ type }) => type === "terminal_status")).toHaveLength(1);

  const next = await program.run(sessionId);
  await program.turn(next.id, "RUN `cat remembered.txt`");
  expect(await program.ended(next.id)).toMatchObject({ status: "completed" });
  expect(await program.outputs(next.id)).toEqual(["heron\n"]);
});
