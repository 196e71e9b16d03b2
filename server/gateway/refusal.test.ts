import type { ServerResponse } from "node:http";
import { expect, test, vi } from "vitest";
import { createTestDatabase } from "@/db/test/database";
import { ask, KEY_ENV, modelToken, startGateway, startProvider } from "./test/gateway";

/** A key that has no form by which secrets are recognised, and contains letters that JSON may escape. */
const KEY = "mm/live+A1B2C3D4E5F6G7H8/I9J0K1L2M3N4O5P6";
const PARTS = /mm.{0,6}live|A1B2C3D4|E5F6G7H8|I9J0K1L2|M3N4O5P6/;

/** Returns what the agent is answered and what is logged when the provider answers so. */
async function answered(answer: (res: ServerResponse) => void, stream = false): Promise<[number, string, string]> {
  vi.stubEnv(KEY_ENV, KEY);
  await using database = await createTestDatabase();
  await using provider = await startProvider(answer);
  await using web = await startGateway(database, provider.url, { triesMax: 1 });
  const warn = vi.spyOn(web.wiring.log, "warn");
  const { token } = await modelToken(web, "codex");
  const { status, body } = await ask(web, "codex", token, { model: "m1", input: [], stream });
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return [status, text, JSON.stringify(warn.mock.calls.map(([fields]) => fields))];
}

const sayJson = (status: number, text: string) => (res: ServerResponse) => {
  res.writeHead(status, { "content-type": "application/json" });
  res.end(text);
};
const saySse = (pieces: string[]) => (res: ServerResponse) => {
  res.writeHead(200, { "content-type": "text/event-stream" });
  res.setMaxListeners(0);
  const sayNext = (left: string[]): void => {
    const [piece, ...rest] = left;
    if (piece === undefined) res.end();
    else res.write(piece, () => setImmediate(sayNext, rest));
  };
  sayNext(pieces);
};

const LONG = "x".repeat(2_000 - 45);
const QUOTED = JSON.stringify({ error: { message: `bad key ${KEY}, try another`, code: KEY } });
test.each([
  ["where it is cut", JSON.stringify({ error: { message: `${LONG} ${KEY} is wrong` } })],
  ["escaped", QUOTED.replaceAll("/", "\\/")],
  ["in JSON's numbers", QUOTED.replaceAll("/", "\\u002F")],
  ["escaped in what is no JSON", `<p>${QUOTED.replaceAll("/", "\\/")}`],
  ["as in an address", `no page /login?key=${encodeURIComponent(KEY)}`],
  ["in JSON that is quoted in JSON", JSON.stringify({ error: { message: QUOTED.replaceAll("/", "\\/") } })],
  ["far behind", `<!-- ${"y".repeat(64 * 1024 - 20)}${KEY}`],
])("reports and logs a refusal that quotes the key %s without any part of the key", async (_where, text) => {
  const [status, told, logged] = await answered(sayJson(400, text));
  expect(status).toBe(400);
  for (const words of [told, logged]) expect(words).not.toMatch(PARTS);
  expect(logged).toContain('"status":400');
});

test("reports what a provider names also from a long refusal", async () => {
  const error = {
    ...{ type: "usage_limit_reached", code: "over", resets_at: 4_102_444_800 },
    ...{ message: `You are out. ${"And why. ".repeat(1_000)}` },
  };
  const [status, told] = await answered(sayJson(429, JSON.stringify({ detail: "z".repeat(20_000), error })));
  expect(status).toBe(429);
  const { message, ...named } = JSON.parse(told).error;
  expect(named).toMatchObject({ type: "usage_limit_reached", code: "over", resets_at: 4_102_444_800 });
  expect(message).toContain("You are out.");
  expect(message.length).toBeLessThan(2_200);
});

const FAILED = `data: ${JSON.stringify({ type: "response.failed", response: { error: { message: `no ${KEY}!` } } })}\n\n`;
const at = FAILED.indexOf(KEY) + 9;
test.each([
  ["in a stream", saySse([FAILED])],
  ["in a stream, over two pieces", saySse([FAILED.slice(0, at), FAILED.slice(at)])],
  ["in a stream, letter by letter", saySse([...FAILED])],
  ["in a stream, escaped", saySse([FAILED.replaceAll("/", "\\/")])],
  ["in a whole answer", sayJson(200, JSON.stringify({ id: "r", status: "failed", error: { message: `no ${KEY}!` } }))],
])("removes the key %s with status 200", async (_where, answer) => {
  const [status, told] = await answered(answer, true);
  expect([status, told]).toEqual([200, expect.stringContaining("no [redacted]!")]);
  expect(told).not.toMatch(PARTS);
});

test("passes on no revealing part of the key from a stream that breaks off within it", async () => {
  const [, told] = await answered(saySse([FAILED.slice(0, at + 12)]), true);
  expect(told).toContain("no [redacted]");
  expect(told).not.toMatch(PARTS);
});

test("passes text on at once that only begins like the key", async () => {
  const [, told] = await answered(saySse(["data: mm/liv", "er\n\n", "data: m"]), true);
  expect(told).toBe("data: mm/liver\n\ndata: m");
});
