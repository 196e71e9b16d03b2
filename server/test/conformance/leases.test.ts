import { expect, test } from "vitest";
import { type Json, type Program, startProgram, uniqueName } from "./program";

const program = startProgram();

/** Claims as soon as another runner's lease has run out. */
async function takeOver(from: Program, runId: string, runnerId: string): Promise<Json> {
  for (;;) {
    const { status, body } = await from.send("POST", `/api/v1/runs/${runId}/claim`, { body: { runnerId } });
    if (status === 200) return body;
    expect(body.error).toMatchObject({ failureKind: "runner-lease-conflict", reason: "lease-held" });
  }
}

test("a claim leases the run, returns a token, and sets its session's last and active run", async () => {
  const { run, sessionId } = await program().sessionRun();
  const claimed = await program().claim(run.id, "r1", { leaseMs: 60_000 });
  expect(claimed).toMatchObject({ id: run.id, status: "claimed", claimedBy: "r1", leaseEpoch: 1 });
  expect(claimed.runnerToken).toMatch(/^\S{20,}$/);
  const leftMs = Date.parse(claimed.leaseExpiresAt) - Date.parse(claimed.updatedAt);
  expect(leftMs).toBeGreaterThan(55_000);
  expect(leftMs).toBeLessThan(65_000);
  expect(await program().get(`/sessions/${sessionId}`)).toMatchObject({ lastRunId: run.id, activeRunId: run.id });
});

test("refuses another runner while the lease lives; the same one claims again with the same epoch", async () => {
  const run = await program().run();
  const first = await program().claim(run.id, "r1");
  const error = await program().refused(409, "POST", `/runs/${run.id}/claim`, { runnerId: "r2" });
  expect(error).toMatchObject({ failureKind: "runner-lease-conflict", reason: "lease-held" });
  expect((await program().claim(run.id, "r1")).leaseEpoch).toBe(first.leaseEpoch);
  const claims = (await program().events(run.id)).filter((event) => event.payload.phase === "run-claimed");
  expect(claims).toHaveLength(1);
});

test("of many concurrent claims one gets the run", async () => {
  const run = await program().run();
  const answers = await Promise.all(
    Array.from({ length: 8 }, (_, index) =>
      program().send("POST", `/api/v1/runs/${run.id}/claim`, { body: { runnerId: `racer-${index}` } }),
    ),
  );
  expect(answers.filter((answer) => answer.status === 200)).toHaveLength(1);
  expect(answers.filter((answer) => answer.status === 409)).toHaveLength(7);
});

test("an expired lease of 500 ms is taken over with a higher epoch, and its old holder is fenced out", async () => {
  const { run } = await program().sessionRun();
  const sent = await program().turn(run.id, "first");
  const waiting = await program().turn(run.id, "second");
  const old = await program().claim(run.id, "old", { leaseMs: 500 });
  await program().post(`/commands/${sent.id}/ack`, { leaseEpoch: old.leaseEpoch }, old.runnerToken);
  const next = await takeOver(program(), run.id, "next");
  expect(next.leaseEpoch).toBeGreaterThan(old.leaseEpoch);
  expect(next).toMatchObject({ status: "claimed", claimedBy: "next" });
  const { leaseEpoch } = old;
  const lost = { failureKind: "runner-lease-conflict", reason: "lease-lost" };
  const beat = { runnerId: "old", leaseEpoch };
  expect(await program().refused(409, "POST", `/runs/${run.id}/heartbeat`, beat)).toMatchObject(lost);
  expect(await program().refused(409, "POST", `/runs/${run.id}/heartbeat`, beat, old.runnerToken)).toMatchObject(lost);
  expect(await program().refused(409, "POST", `/runs/${run.id}/heartbeat`, { runnerId: "old" })).toMatchObject(lost);
  const events = { leaseEpoch, events: [{ type: "warning", payload: {} }] };
  expect(await program().refused(409, "POST", `/runs/${run.id}/events`, events)).toMatchObject(lost);
  const end = { leaseEpoch, terminalStatus: "completed" };
  expect(await program().refused(409, "POST", `/runs/${run.id}/finish`, end)).toMatchObject(lost);
  expect(await program().refused(409, "POST", `/commands/${waiting.id}/ack`, { leaseEpoch })).toMatchObject(lost);
  expect(await program().refused(409, "POST", `/commands/${waiting.id}/finish`, end)).toMatchObject(lost);
  // The turn that was sent is not sent again; the one that waited belongs to the next attempt.
  expect(await program().get(`/commands/${sent.id}`)).toMatchObject({ state: "failed", failureKind: "runner-lost" });
  expect(await program().get(`/commands/${waiting.id}`)).toMatchObject({ state: "pending" });
  const payloads = (await program().events(run.id)).map((event) => event.payload);
  expect(payloads.filter((payload) => payload.phase === "lease-expired")).toEqual([
    { phase: "lease-expired", runnerId: "old" },
  ]);
});

test("an old runner that gives only its name is fenced out like one that gives its epoch", async () => {
  const run = await program().run();
  await program().claim(run.id, "old", { leaseMs: 500 });
  await takeOver(program(), run.id, "next");
  const lost = { failureKind: "runner-lease-conflict", reason: "lease-lost" };
  const events = { runnerId: "old", events: [{ type: "warning", payload: {} }] };
  expect(await program().refused(409, "POST", `/runs/${run.id}/events`, events)).toMatchObject(lost);
  const end = { runnerId: "old", terminalStatus: "completed" };
  expect(await program().refused(409, "POST", `/runs/${run.id}/finish`, end)).toMatchObject(lost);
  await program().post(`/runs/${run.id}/events`, { ...events, runnerId: "next" });
  await program().post(`/runs/${run.id}/finish`, { ...end, runnerId: "next" });
});

test("a heartbeat extends the lease and the runner's own, and is refused for others", async () => {
  const run = await program().run();
  const claimed = await program().claim(run.id, uniqueName("beater"), { leaseMs: 5_000 });
  const runner = await program().get(`/runners/${claimed.claimedBy}`);
  const beat = await program().post(`/runs/${run.id}/heartbeat`, { runnerId: claimed.claimedBy, leaseMs: 90_000 });
  expect(Date.parse(beat.leaseExpiresAt) - Date.parse(claimed.leaseExpiresAt)).toBeGreaterThan(60_000);
  const after = await program().get(`/runners/${claimed.claimedBy}`);
  expect(Date.parse(after.heartbeatAt)).toBeGreaterThan(Date.parse(runner.heartbeatAt));
  expect(after.registeredAt).toBe(runner.registeredAt);
  const stranger = await program().refused(409, "POST", `/runs/${run.id}/heartbeat`, { runnerId: "stranger" });
  expect(stranger).toMatchObject({ failureKind: "runner-lease-conflict", reason: "lease-lost" });
  await program().post(`/runs/${run.id}/finish`, { terminalStatus: "completed" });
  const ended = await program().post(`/runs/${run.id}/heartbeat`, { runnerId: "stranger" });
  expect(ended).toMatchObject({ id: run.id, status: "completed" });
});

test("a run that nobody claimed refuses heartbeats", async () => {
  const run = await program().run();
  const error = await program().refused(409, "POST", `/runs/${run.id}/heartbeat`, { runnerId: "r1" });
  expect(error.failureKind).toBe("runner-lease-conflict");
});

test("a runner's token is bound to run and epoch, and after the end only heartbeat and finish answer it", async () => {
  const run = await program().run();
  const other = await program().run();
  const { runnerToken, leaseEpoch } = await program().claim(run.id, "r1");
  const append = { leaseEpoch, events: [{ type: "warning", payload: {} }] };
  await program().post(`/runs/${run.id}/events`, append, runnerToken);
  await program().refused(400, "POST", `/runs/${run.id}/events`, { events: append.events }, runnerToken);
  await program().refused(404, "POST", `/runs/${other.id}/events`, append, runnerToken);
  await program().refused(404, "GET", `/runs/${other.id}`, undefined, runnerToken);
  await program().refused(403, "GET", "/runs", undefined, runnerToken);
  await program().refused(403, "POST", "/runs", { backendProfile: "codex" }, runnerToken);
  const finish = { leaseEpoch, terminalStatus: "completed" };
  await program().post(`/runs/${run.id}/finish`, finish, runnerToken);
  expect(await program().post(`/runs/${run.id}/finish`, finish, runnerToken)).toMatchObject({ status: "completed" });
  const beat = { runnerId: "r1", leaseEpoch };
  expect(await program().post(`/runs/${run.id}/heartbeat`, beat, runnerToken)).toMatchObject({ status: "completed" });
  const refused = async () =>
    (await program().send("POST", `/api/v1/runs/${run.id}/events`, { body: append, token: runnerToken })).status;
  let status = await refused();
  // What was looked up is cached for a second; until then the run itself refuses.
  while (status === 409) status = await refused();
  expect(status).toBe(401);
});

test("one run of a session is leased at a time; the other may be claimed when it ends", async () => {
  const { run, sessionId } = await program().sessionRun();
  const second = await program().run({ sessionRef: { sessionId } });
  await program().claim(run.id, "r1");
  const error = await program().refused(409, "POST", `/runs/${second.id}/claim`, { runnerId: "r2" });
  expect(error.failureKind).toBe("runner-lease-conflict");
  await program().turn(second.id);
  expect(await program().post(`/runs/${run.id}/heartbeat`, { runnerId: "r1" })).toMatchObject({ shouldYield: true });
  await program().post(`/runs/${run.id}/finish`, { terminalStatus: "completed" });
  expect(await program().claim(second.id, "r2")).toMatchObject({ status: "claimed" });
});

test("refuses lease times outside 500 ms to an hour, naming the field", async () => {
  const run = await program().run();
  for (const leaseMs of [0, -1, 1, 499, 3_600_001, 1e12, 750.5, "1000", null, true]) {
    const error = await program().refused(400, "POST", `/runs/${run.id}/claim`, { runnerId: "r1", leaseMs });
    expect(error.message, String(leaseMs)).toContain("leaseMs");
  }
  expect(await program().get(`/runs/${run.id}`)).toMatchObject({ status: "pending", leaseEpoch: 0 });
  const claimed = await program().claim(run.id, "r1", { leaseMs: 3_600_000 });
  const beat = { runnerId: "r1", leaseEpoch: claimed.leaseEpoch, leaseMs: 100 };
  await program().refused(400, "POST", `/runs/${run.id}/heartbeat`, beat);
});

test("the holder of a lease marked as expired holds it again by claiming", async () => {
  const run = await program().run();
  const first = await program().claim(run.id, "r1");
  const client = await program().database.connect();
  await client.query("update agentrun_leases set lease_expires_at = now() - interval '1 second' where run_id = $1", [
    run.id,
  ]);
  await client.query("update agentrun_runs set lease_state = 'expired' where id = $1", [run.id]);
  const again = await program().claim(run.id, "r1");
  expect(again).toMatchObject({ leaseEpoch: first.leaseEpoch, leaseState: "held" });
});
