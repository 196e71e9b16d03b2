import { expect, test } from "vitest";
import type { HeartbeatAnswer } from "@/contract/run";
import { UnreachableError } from "./control-plane";
import { LeaseLostError } from "./errors";
import { Heartbeat } from "./heartbeat";

function start(
  answer: () => Promise<HeartbeatAnswer>,
  bounds: { leaseMs?: number; selfFenceMs?: number; awayMaxMs?: number } = {},
) {
  const beats: number[] = [];
  let lose: (error: LeaseLostError) => void = () => {};
  const lost = new Promise<LeaseLostError>((resolve) => {
    lose = resolve;
  });
  const heartbeat = new Heartbeat({
    controlPlane: {
      heartbeat() {
        beats.push(performance.now());
        return answer();
      },
    },
    runId: "run_1",
    runnerId: "runner_1",
    leaseEpoch: 1,
    leaseMs: 200,
    onAnswer: () => {},
    onLost: lose,
    ...bounds,
  });
  return { beats, lost, heartbeat, startedAt: performance.now() };
}

const away = () => Promise.reject(new UnreachableError("away"));

test("a refused epoch loses the lease at the first beat", async () => {
  const { lost, beats } = start(() => Promise.reject(new LeaseLostError("a later epoch")));
  expect((await lost).message).toBe("a later epoch");
  expect(beats).toHaveLength(1);
});

test("silence alone is borne beyond the lease, up to its bound", async () => {
  const { lost, startedAt } = start(away, { awayMaxMs: 600 });
  await lost;
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(600);
});

test("a runner that nobody can end fences itself before its lease runs out", async () => {
  const { lost, beats } = start(away, { selfFenceMs: 150 });
  await lost;
  // Beats come a quarter of a lease apart: the fourth would be the lease's end.
  expect(beats.length).toBeLessThan(4);
});

test("a hurried beat comes at once, and a stopped one never", async () => {
  const { beats, heartbeat } = start(away, { leaseMs: 3_600_000 });
  heartbeat.hurry();
  await expect.poll(() => beats.length).toBe(1);
  heartbeat.stop();
  heartbeat.hurry();
  expect(beats).toHaveLength(1);
});
