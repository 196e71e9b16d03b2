import { expect, test } from "vitest";
import { createTestDatabase } from "@/db/test/database";
import type { Actor } from "@/server/context";
import { mintOperatorToken } from "@/server/identity";
import { ADMIN, runnerActor } from "@/server/test/context";
import { startTestWeb, type TestWeb } from "@/server/test/web";
import { createRequestLimits } from "./request-limits";
import { TokenBuckets } from "./token-buckets";

const operator = (tokenId: string | null): Actor => ({ ...ADMIN, kind: "operator", role: "operator", tokenId });

/** Returns how many requests are let through at one moment. */
function letThrough(take: () => number | null, count = 20_000): number {
  return Array.from({ length: count }, take).filter((wait) => wait === null).length;
}

/** Makes limits with a clock that stands still until it is moved. */
function setUp() {
  let nowMs = 0;
  const limits = createRequestLimits(() => nowMs);
  const of = (actor: Actor | null, address = "192.0.2.1") => letThrough(() => limits.take(actor, address));
  const pass = (ms: number) => {
    nowMs += ms;
  };
  return { of, pass };
}

test("an operator's token may send a burst of 1,000 and 200 a second, independent of other tokens", () => {
  const { of, pass } = setUp();
  expect(of(operator("tok_a"))).toBe(1_000);
  expect(of(operator("tok_b"))).toBe(1_000);
  pass(500);
  expect(of(operator("tok_a"))).toBe(100);
  pass(60_000);
  expect(of(operator("tok_a"))).toBe(1_000);
});

test("the administrator's token is not limited, and a run's tokens allow a busy run", () => {
  const { of, pass } = setUp();
  expect(of(ADMIN)).toBe(20_000);
  expect(of(runnerActor("run_1", 1))).toBe(5_000);
  // The token of a new epoch belongs to the same run.
  expect(of(runnerActor("run_1", 2))).toBe(0);
  expect(of(runnerActor("run_2", 1))).toBe(5_000);
  pass(1_000);
  expect(of(runnerActor("run_1", 1))).toBe(1_000);
});

test("limits unknown callers by address, IPv6 by network, without affecting tokens at that address", () => {
  const { of } = setUp();
  expect(of(operator("tok_a"))).toBe(1_000);
  expect(of(null)).toBe(1_000);
  expect(of(null, "::ffff:192.0.2.1")).toBe(0);
  expect(of(null, "192.0.2.2")).toBe(1_000);
  expect(of(null, "2001:db8:1:2:aaaa::1")).toBe(1_000);
  expect(of(null, "2001:db8:1:2::2")).toBe(0);
  expect(of(null, "2001:db8:1:3::2")).toBe(1_000);
  expect(of(operator("tok_b"))).toBe(1_000);
});

test("a caller that waits for Retry-After is admitted", () => {
  let nowMs = 0;
  const buckets = new TokenBuckets({ perSecond: 0.1, burst: 1 }, () => nowMs);
  expect(buckets.take("a")).toBeNull();
  expect(buckets.take("a")).toBe(10);
  nowMs += 10_000;
  expect(buckets.take("a")).toBeNull();
});

test("a flood of new addresses is bounded in memory, and does not reset an active caller's limit", () => {
  const buckets = new TokenBuckets({ perSecond: 1, burst: 2 }, () => 0);
  expect(letThrough(() => buckets.take("busy"), 10)).toBe(2);
  for (let address = 0; address < 40_000; address += 1) {
    buckets.take(`10.0.0.${address}`);
    if (address % 1_000 === 0) expect(buckets.take("busy")).toBe(1);
  }
  expect(buckets.size).toBeLessThanOrEqual(10_000);
});

/**
 * Uses up a caller's allowance, and asks until one request is refused: on a slow machine some may be given back
 * meanwhile.
 */
async function exhaust(web: TestWeb, target: string, token: string | null) {
  const actor = token === null ? null : await web.wiring.authenticator.actorOf(token);
  for (let round = 0; round < 100; round += 1) {
    letThrough(() => web.wiring.requestLimits.take(actor, "127.0.0.1"), 2_000);
    const answers = await Promise.all(Array.from({ length: 50 }, () => web.call("GET", target, { token })));
    const refused = answers.find(({ status }) => status === 429);
    if (refused) return refused;
  }
  throw new Error(`${target} was never refused`);
}

test("a request over the limit gets 429 with Retry-After in REST and tRPC; others and probes continue", async () => {
  await using database = await createTestDatabase();
  await using web = await startTestWeb(database);
  const [busy, quiet] = [
    await mintOperatorToken(web.as(ADMIN), { name: "busy", role: "viewer", tenantId: null }),
    await mintOperatorToken(web.as(ADMIN), { name: "quiet", role: "viewer", tenantId: null }),
  ];
  const rest = await exhaust(web, "/api/v1/runs/run_none", busy);
  expect(rest.headers.get("retry-after")).toBe("1");
  expect(rest.body).toMatchObject({ error: { failureKind: "rate-limited", reason: "rate-limited" } });
  const trpc = await exhaust(web, "/api/trpc/backends.list", busy);
  expect(trpc.headers.get("retry-after")).toBe("1");
  expect(trpc.body).toMatchObject({ error: { data: { agentrun: { reason: "rate-limited" } } } });
  expect((await web.call("GET", "/api/v1/backends", { token: quiet })).status).toBe(200);

  await exhaust(web, "/api/v1/runs/run_none", null);
  expect((await web.call("GET", "/api/v1/backends", { token: quiet })).status).toBe(200);
  for (const probe of ["/healthz", "/readyz"]) {
    const answers = await Promise.all(Array.from({ length: 100 }, () => web.call("GET", probe, { token: null })));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  }
});
