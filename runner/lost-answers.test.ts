import fc from "fast-check";
import { expect, test } from "vitest";
import { openRunnerSetup } from "@/server/test/runner-place";
import { readRunnerConfig } from "./config";
import { deferred } from "./deferred";
import { runAttempt } from "./loop";
import { type Loss, openLossyProxy } from "./test/lossy-proxy";
import { connectControlPlane } from "./trpc-control-plane";

// A real codex and a real server, with a connection between them that loses calls.

const LOSSES: Loss[] = ["its request", "its answer", "half its answer", "its answer to a proxy's page"];
const CALL_TIMEOUT_MS = 700;
/** The kinds of calls in a run with an approval and an archive. */
const KINDS = [
  ...["runs.claim", "runners.register", "commands.watch", "commands.ack", "events.append", "approvals.request"],
  ...["commands.finish", "archive.missing", "segment PUT", "storage.refresh", "archive.commit", "commands.list"],
  ...["runs.heartbeat", "runs.finish"],
];

type Place = Awaited<ReturnType<typeof openRunnerSetup>>;
type Json = Record<string, unknown>;
const QUIET = { info: () => undefined, warn: () => undefined };

/** An attempt, not yet under way, at a turn that asks for an approval. */
async function start(place: Place, serverUrl: string, sessionId: string, policy: Json = {}) {
  const executionPolicy = { approval: "on-request", ...policy };
  const attempt = await place.launch(sessionId, "ASK `echo one`", { executionPolicy });
  const controlPlane = connectControlPlane({
    url: serverUrl,
    launchToken: attempt.launchToken,
    callTimeoutMs: CALL_TIMEOUT_MS,
    bytesTimeoutMs: CALL_TIMEOUT_MS,
  });
  const config = readRunnerConfig({ ...attempt.env, AGENTRUN_SANDBOX: "codex", AGENTRUN_LEASE_MS: "4000" });
  return { ...attempt, controlPlane, config };
}

/**
 * A run of one turn that asks for an approval, which it gets once `isReady` is so. Answers how it ended, and all that it
 * said, without names and times.
 */
async function work(place: Place, serverUrl: string, sessionId: string, isReady: () => boolean = () => true) {
  const attempt = await start(place, serverUrl, sessionId);
  const { controlPlane, config } = attempt;
  const ended = runAttempt({ config, controlPlane, log: QUIET, terminate: new AbortController().signal });
  const approvals = async (): Promise<Json[]> =>
    (await place.ok("GET", `/approvals?runId=${attempt.runId}&limit=10`)).items;
  await expect.poll(async () => (await approvals()).length).toBe(1);
  const [approval] = await approvals();
  await expect.poll(isReady).toBe(true);
  await place.ok("POST", `/approvals/${approval?.id}/decide`, { decision: "accept" });
  const ending = await ended;
  const events: Json[] = (await place.ok("GET", `/runs/${attempt.runId}/events?limit=500`)).items;
  return {
    ending,
    events,
    // When the server reports on the operator's command depends on timing.
    said: events.map(({ type, payload }) => `${type} ${wordOf(payload as Json)}`).sort(),
    run: await place.ok("GET", `/runs/${attempt.runId}`),
    turn: await place.ok("GET", `/commands/${attempt.turnId}`),
    approvals: await approvals(),
    storage: await place.ok("GET", `/sessions/${sessionId}/storage`),
  };
}
type Worked = Awaited<ReturnType<typeof work>>;

function wordOf({ phase, status, text }: Json): string {
  return String(phase ?? status ?? text ?? "");
}

/** Expects the same end as a run that lost nothing: everything was reported, and each thing once. */
function expectUnharmed(harmed: Worked, unharmed: Worked): void {
  expect(harmed.ending).toEqual({ kind: "completed" });
  expect(harmed.said).toEqual(unharmed.said);
  expect(harmed.events.map(({ seq }) => seq)).toEqual(harmed.events.map((_, index) => index + 1));
  expect(harmed.run).toMatchObject({ status: "completed", leaseEpoch: 1, attemptCount: 1 });
  expect(harmed.turn).toMatchObject({ state: "completed" });
  expect(harmed.approvals).toMatchObject([{ status: "applied", decision: "accept" }]);
  expect(harmed.storage).toMatchObject({ filesCount: unharmed.storage.filesCount, archivedAt: expect.any(String) });
}

test.each(LOSSES)(
  "a run whose calls of each kind once lose %s ends normally",
  async (loss) => {
    await using place = await openRunnerSetup("");
    await using proxy = await openLossyProxy(place.url, (_kind, before) => (before === 0 ? loss : null));
    const unharmed = await work(place, place.url, "ses_unharmed");
    const harmed = await work(place, proxy.url, "ses_harmed", () => proxy.lost.includes("runs.heartbeat"));

    expect(KINDS.filter((kind) => !proxy.lost.includes(kind))).toEqual([]);
    expectUnharmed(harmed, unharmed);
  },
  60_000,
);

test("an approval request after its turn was stopped waits for nobody", async () => {
  await using place = await openRunnerSetup("");
  const { promise: hasEnded, resolve: letThrough } = deferred();
  const held: string[] = [];
  await using proxy = await openLossyProxy(place.url, async (kind) => {
    if (kind !== "approvals.request") return null;
    held.push(kind);
    await hasEnded;
    return null;
  });
  const { runId, turnId, controlPlane, config } = await start(place, proxy.url, "ses_late", { idleTimeoutMs: 60_000 });
  const terminate = new AbortController();
  const ended = runAttempt({ config, controlPlane, log: QUIET, terminate: terminate.signal });
  await expect.poll(() => held.length, { timeout: 10_000 }).toBeGreaterThan(0);
  await place.ok("POST", `/runs/${runId}/commands`, { type: "interrupt", payload: {} });
  const turnState = async () => (await place.ok("GET", `/commands/${turnId}`)).state;
  await expect.poll(turnState, { timeout: 10_000 }).toBe("cancelled");
  letThrough();
  const approvals = async (): Promise<Json[]> => (await place.ok("GET", `/approvals?runId=${runId}&limit=10`)).items;
  await expect.poll(approvals, { timeout: 10_000 }).toMatchObject([{ status: "superseded" }]);

  terminate.abort();
  await ended;
}, 60_000);

test.each([1, 2, 3])(
  "a run that loses the request or answer of a quarter of its calls ends normally: %i",
  async (seed) => {
    const any = fc.oneof(
      { weight: 3, arbitrary: fc.constant(null) },
      { weight: 1, arbitrary: fc.constantFrom(...LOSSES) },
    );
    const losses = fc.sample(any, { numRuns: 1_000, seed });
    await using place = await openRunnerSetup("");
    await using proxy = await openLossyProxy(place.url, () => losses.pop() ?? null);
    const unharmed = await work(place, place.url, "ses_unharmed");
    const harmed = await work(place, proxy.url, "ses_harmed", () => proxy.lost.length > 0);

    expectUnharmed(harmed, unharmed);
  },
  90_000,
);
