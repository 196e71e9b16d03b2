import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { isWebReady, WebContact } from "./web-contact";

const LEASE_MS = 20_000;

function setUp() {
  const state = { nowMs: 1_000_000, isThere: true, said: [] as string[] };
  const say = (_fields: unknown, message?: string) => void state.said.push(message ?? String(_fields));
  const contact = new WebContact({
    probe: async () => state.isThere,
    leaseMs: LEASE_MS,
    monotonicMs: () => state.nowMs,
    log: { warn: say, info: say } as never,
  });
  /** Checks every second for so long; returns the last result. */
  async function pass(seconds: number, isThere: boolean): Promise<boolean> {
    state.isThere = isThere;
    let last = false;
    for (let second = 0; second < seconds; second += 1) {
      state.nowMs += 1_000;
      last = await contact.areRunnersHeard();
    }
    return last;
  }
  return { state, pass };
}

test("after web's start or outage, runners get a whole lease time to send a heartbeat", async () => {
  const { state, pass } = setUp();
  // Web starts after the worker.
  expect(await pass(5, false)).toBe(false);
  expect(await pass(20, true)).toBe(false);
  expect(await pass(1, true)).toBe(true);
  expect(await pass(60, false)).toBe(false);
  expect(await pass(20, true)).toBe(false);
  expect(await pass(1, true)).toBe(true);
  expect(state.said).toEqual(["web is unreachable: silent runners are not considered lost", "web is reachable again"]);
});

test("single or alternating failed checks of web do not suspend expiry", async () => {
  const { state, pass } = setUp();
  await pass(30, true);
  for (let round = 0; round < 30; round += 1) {
    expect(await pass(1, false)).toBe(true);
    expect(await pass(1, true)).toBe(true);
  }
  expect(await pass(9, false)).toBe(true);
  expect(await pass(1, true)).toBe(true);
  expect(state.said).toEqual([]);
});

test("stops suspending expiry after ten minutes without an answer", async () => {
  const { pass } = setUp();
  expect(await pass(11 + 600, false)).toBe(false);
  expect(await pass(1, false)).toBe(true);
  const later = setUp();
  await later.pass(30, true);
  expect(await later.pass(10 + 600, false)).toBe(false);
  expect(await later.pass(2, false)).toBe(true);
});

test("a check that throws counts as failed", async () => {
  const contact = new WebContact({
    probe: () => Promise.reject(new Error("refused")),
    leaseMs: LEASE_MS,
    monotonicMs: () => 0,
    log: { warn: () => undefined, info: () => undefined } as never,
  });
  expect(await contact.areRunnersHeard()).toBe(false);
});

test("web counts as ready only when it answers that it is", async () => {
  let status: number | null = 200;
  const server = createServer((_, response) => {
    if (status !== null) response.writeHead(status).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  expect(await isWebReady(url)).toBe(true);
  status = 503;
  expect(await isWebReady(url)).toBe(false);
  status = null;
  await expect(isWebReady(url)).rejects.toThrow("no answer within");
  server.closeAllConnections();
  server.close();
});
