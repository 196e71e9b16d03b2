import { expect, test, vi } from "vitest";
import type { HeartbeatAnswer } from "@/contract/run";
import { UnreachableError } from "./control-plane";
import { deferred } from "./deferred";
import { LeaseLostError } from "./errors";
import { Heartbeat } from "./heartbeat";

function start(
  answer: (signal?: AbortSignal) => Promise<HeartbeatAnswer>,
  bounds: { leaseMs?: number; selfFenceMs?: number; awayMaxMs?: number } = {},
) {
  const beats: number[] = [];
  let lose: (error: LeaseLostError) => void = () => {};
  const lost = new Promise<LeaseLostError>((resolve) => {
    lose = resolve;
  });
  const heartbeat = new Heartbeat({
    controlPlane: {
      heartbeat(_input, how) {
        beats.push(performance.now());
        return answer(how?.signal);
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

test("without an answer the lease is kept up to its own time limit", async () => {
  const { lost, startedAt } = start(away, { awayMaxMs: 600 });
  await lost;
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(600);
});

test.each([
  ["refuses connections", away],
  ["takes connections and answers nothing", () => new Promise<never>(() => {})],
])("a runner that fences itself does so when a server %s", async (_how, answer) => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date", "performance"] });
  try {
    const { lost, startedAt } = start(answer, { leaseMs: 20_000, selfFenceMs: 15_000 });
    await vi.advanceTimersByTimeAsync(14_999);
    const lostAt = lost.then(() => performance.now() - startedAt);
    await vi.advanceTimersByTimeAsync(1);
    expect(await lostAt).toBe(15_000);
  } finally {
    vi.useRealTimers();
  }
});

test("the self-fence counts time during which the machine slept", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date", "performance"] });
  try {
    const { lost, startedAt } = start(() => new Promise<never>(() => {}), { leaseMs: 20_000, selfFenceMs: 15_000 });
    // The wall clock jumps ahead; the monotonic clock and its timers do not.
    vi.setSystemTime(Date.now() + 60_000);
    await vi.advanceTimersByTimeAsync(1_000);
    await lost;
    expect(performance.now() - startedAt).toBeLessThanOrEqual(1_000);
  } finally {
    vi.useRealTimers();
  }
});

test("a hanging beat is aborted early enough to send another before the fence", async () => {
  let isLost = false;
  const { lost, beats, heartbeat } = start(
    (signal) =>
      beats.length > 1
        ? Promise.resolve({} as HeartbeatAnswer)
        : new Promise((_, reject) => signal?.addEventListener("abort", () => reject(new UnreachableError("given up")))),
    { leaseMs: 1_000, selfFenceMs: 750 },
  );
  void lost.then(() => {
    isLost = true;
  });
  // The third beat comes after the time for which the fence was first set.
  await expect.poll(() => beats.length).toBe(3);
  heartbeat.stop();
  expect(isLost).toBe(false);
});

test("beatNow sends a beat at once, and none after stop", async () => {
  const { beats, heartbeat } = start(away, { leaseMs: 3_600_000 });
  heartbeat.beatNow();
  await expect.poll(() => beats.length).toBe(1);
  heartbeat.stop();
  heartbeat.beatNow();
  expect(beats).toHaveLength(1);
});

test("sends its vitals only to a server that accepts them", async () => {
  const beats = async (hearsVitals: boolean) => {
    const inputs: object[] = [];
    const third = deferred();
    const heartbeat = new Heartbeat({
      controlPlane: {
        async heartbeat(input) {
          inputs.push(input);
          if (inputs.length === 3) third.resolve();
          return {} as HeartbeatAnswer;
        },
      },
      ...{ runId: "run_1", runnerId: "runner_1", leaseEpoch: 1, leaseMs: 100, hearsVitals },
      onAnswer: () => {},
      onLost: () => {},
    });
    await third.promise;
    heartbeat.stop();
    return inputs;
  };
  const vitals = { cpuPercent: expect.any(Number), rssBytes: expect.any(Number) };
  const [first, second] = await beats(true);
  expect(first).toEqual({ runId: "run_1", runnerId: "runner_1", leaseEpoch: 1, leaseMs: 100, ...vitals });
  expect(second).toMatchObject({ ...vitals, roundTripMs: expect.any(Number) });
  const plain = { runId: "run_1", runnerId: "runner_1", leaseEpoch: 1, leaseMs: 100 };
  expect(await beats(false)).toEqual([plain, plain, plain]);
});
