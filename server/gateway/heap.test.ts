import { createServer, type IncomingMessage, request } from "node:http";
import type { AddressInfo } from "node:net";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, onTestFinished, test, vi } from "vitest";
import { createTestDatabase } from "@/db/test/database";
import { delta, sse } from "./chat/test/provider";
import { KEY, KEY_ENV, modelToken, startGateway } from "./test/gateway";

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");
const STREAMS = 30;
const REQUEST_KB = 500;

/** Starts a provider that begins each answer, ends none, and keeps nothing of the requests. */
async function startForgetful(first: string): Promise<string> {
  const server = createServer((req, res) => {
    req.resume().on("end", () => res.writeHead(200, { "content-type": "text/event-stream" }).write(first));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
}

test.each([
  ["responses", 'data: {"type":"response.output_text.delta","delta":"ha"}\n\n'],
  ["chat", sse(delta({ content: "ha" }))],
] as const)(
  "an open stream does not retain its request (%s)",
  async (wire, first) => {
    vi.stubEnv(KEY_ENV, KEY);
    await using database = await createTestDatabase();
    const url = await startForgetful(first);
    await using web = await startGateway(database, url, { wire });
    const { token } = await modelToken(web, "codex");
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const item = (role: string, type: string) => ({
      ...{ type: "message", role, content: [{ type, text: "word ".repeat((REQUEST_KB * 1024) / 5 / 20) }] },
    });
    const input = Array.from({ length: 10 }, () => [item("user", "input_text"), item("assistant", "output_text")]);
    const body = Buffer.from(JSON.stringify({ model: "m1", stream: true, input: input.flat() }));
    const ask = () =>
      new Promise<IncomingMessage>((resolve, reject) => {
        const asked = request(`${web.url}/api/model/codex/v1/responses`, { method: "POST", headers }, resolve);
        asked.on("error", reject);
        asked.end(body);
      });
    const open = async () => {
      const answer = await ask();
      expect(answer.statusCode).toBe(200);
      const said = new Promise<void>((resolve) => {
        answer.on("data", (piece) => {
          if (String(piece).includes('"ha"')) resolve();
        });
      });
      answer.on("error", () => undefined);
      await said;
      return answer;
    };
    const warm = await open();
    collectGarbage();
    const before = process.memoryUsage().heapUsed;
    const answers: IncomingMessage[] = [];
    for (let index = 0; index < STREAMS; index += 1) answers.push(await open());
    const kept = () => {
      collectGarbage();
      return (process.memoryUsage().heapUsed - before) / STREAMS / 1024;
    };
    await expect.poll(kept, { interval: 200 }).toBeLessThan(REQUEST_KB / 2);
    for (const answer of [warm, ...answers]) answer.destroy();
  },
  60_000,
);
