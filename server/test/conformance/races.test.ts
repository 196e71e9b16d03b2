import { expect, test } from "vitest";
import { type Json, startProgram, uniqueName } from "./program";

const program = startProgram();
const RACES = 8;

test("of a concurrent cancel and finish, one terminal event remains, and it is the last", async () => {
  for (let race = 0; race < RACES; race += 1) {
    const run = await program().run();
    const { leaseEpoch } = await program().claim(run.id, "r");
    await Promise.all([
      program().send("POST", `/api/v1/runs/${run.id}/cancel`, { body: {} }),
      program().post(`/runs/${run.id}/finish`, { leaseEpoch, terminalStatus: "completed" }),
      program().send("POST", `/api/v1/runs/${run.id}/events`, { body: { events: [{ type: "error", payload: {} }] } }),
    ]);
    const events = await program().events(run.id);
    expect(events.filter((event) => event.type === "terminal_status")).toHaveLength(1);
    expect(events.at(-1)?.type).toBe("terminal_status");
    expect(events.map((event) => event.seq)).toEqual(events.map((_, index) => index + 1));
  }
});

test("a turn concurrent with the run's end is refused or ended with it, never lost", async () => {
  for (let race = 0; race < RACES; race += 1) {
    const { run } = await program().sessionRun();
    const { leaseEpoch } = await program().claim(run.id, "r");
    const turn = { type: "turn", payload: { text: "x" } };
    const [made, ended] = await Promise.all([
      program().send("POST", `/api/v1/runs/${run.id}/commands`, { body: turn }),
      program().send("POST", `/api/v1/runs/${run.id}/finish`, { body: { leaseEpoch, terminalStatus: "completed" } }),
    ]);
    if (made.status === 200) expect(ended.body.error.reason).toBe("command-waiting");
    else expect(made.body.error.reason).toBe("already-terminal");
    expect([made.status, ended.status].sort()).toEqual([200, 409]);
  }
});

test("conflicting finishes agree on one result", async () => {
  const run = await program().run();
  const ends = ["completed", "failed", "cancelled", "failed", "completed"].map((terminalStatus) =>
    program().post(`/runs/${run.id}/finish`, { terminalStatus }),
  );
  const results = await Promise.all(ends);
  expect(new Set(results.map((one: Json) => one.terminalStatus)).size).toBe(1);
});

test("a concurrent eviction and claim never leave a claimed run without its volume", async () => {
  for (let race = 0; race < RACES; race += 1) {
    const { run, sessionId } = await program().sessionRun();
    const [claim, evict] = await Promise.all([
      program().send("POST", `/api/v1/runs/${run.id}/claim`, { body: { runnerId: uniqueName("r") } }),
      program().send("DELETE", `/api/v1/sessions/${sessionId}/storage`),
    ]);
    expect([claim.status, evict.status].sort()).toEqual([200, 409]);
    const { storageKind } = await program().get(`/sessions/${sessionId}`);
    expect(storageKind).toBe(claim.status === 200 ? "pvc" : "evicted");
  }
});

test("concurrent read marks keep the highest", async () => {
  const { sessionId } = await program().post("/sessions", { backendProfile: "codex" });
  const { version } = await program().ok("PATCH", `/sessions/${sessionId}`, { title: "x" });
  const marks = [1, version, 2, 1, version - 1].map((one) =>
    program().post(`/sessions/${sessionId}/read`, { readerId: "ann", version: one }),
  );
  await Promise.all(marks);
  expect((await program().get(`/sessions/${sessionId}?readerId=ann`)).unread).toBe(false);
});

test("two concurrent collections take each volume once", async () => {
  const made: string[] = [];
  for (let index = 0; index < 6; index += 1) {
    const body = { backendProfile: "codex", expiresAt: `2020-01-0${index + 1}T00:00:00Z` };
    made.push((await program().post("/sessions", body)).sessionId);
  }
  const reports = await Promise.all([program().post("/sessions/storage/gc"), program().post("/sessions/storage/gc")]);
  const taken = reports.flatMap((report) => report.evicted.map((entry: Json) => entry.sessionId as string));
  expect(taken.filter((sessionId) => made.includes(sessionId)).sort()).toEqual([...made].sort());
});
