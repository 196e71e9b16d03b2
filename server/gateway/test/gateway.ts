import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import type { BackendConfig } from "@/contract/backend";
import { makeRun } from "@/db/test/factories";
import { mintRunnerTokens } from "@/server/identity";
import { ADMIN } from "@/server/test/context";
import { startTestWeb, type TestWeb } from "@/server/test/web";

export const KEY = "sk-test-0123456789abcdefghijklmnopqrstuvwxyz";
export const KEY_ENV = "AGENTRUN_TEST_PROVIDER_KEY";

type Seen = {
  /** `GET /v1/models` */
  line: string;
  headers: IncomingMessage["headers"];
  body: string;
  isAborted: boolean;
};
type Provider = AsyncDisposable & { url: string; seen: Seen[] };

/** Starts a provider over real HTTP, which answers as the test says. */
export async function startProvider(answer: (res: ServerResponse, seen: Seen) => void): Promise<Provider> {
  const seen: Seen[] = [];
  const server = createServer(async (req, res) => {
    const one: Seen = { line: `${req.method} ${req.url}`, headers: req.headers, body: "", isAborted: false };
    seen.push(one);
    res.on("close", () => {
      one.isAborted = !res.writableFinished;
    });
    for await (const chunk of req) one.body += chunk;
    answer(res, one);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    seen,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Starts web with the profiles `codex` and `deepseek`, the second without its key. */
export async function startGateway(
  database: { url: string },
  providerUrl: string,
  more: Partial<BackendConfig> = {},
  env: Record<string, string> = {},
): Promise<TestWeb> {
  const folder = await mkdtemp(path.join(tmpdir(), "agentrun-gateway-"));
  const file = path.join(folder, "backends.json");
  await writeFile(
    file,
    JSON.stringify({
      codex: { model: "m1", baseUrl: providerUrl, keyEnv: KEY_ENV, ...more },
      deepseek: { model: "d", baseUrl: providerUrl, keyEnv: "AGENTRUN_TEST_ABSENT" },
    }),
  );
  const web = await startTestWeb(database, { env: { AGENTRUN_BACKENDS: file, ...env } });
  await rm(folder, { recursive: true });
  return web;
}

/** Makes a claimed run, and returns the token for its model. */
export async function modelToken(
  web: TestWeb,
  profile: string,
  values: Parameters<typeof makeRun>[1] = {},
): Promise<{ token: string; runId: string }> {
  const held = { backendProfile: profile, status: "claimed", leaseEpoch: 1 } as const;
  const run = await makeRun(web.wiring.database.db, { ...held, ...values });
  const { modelToken: token } = await mintRunnerTokens(web.as(ADMIN), {
    runId: run.id,
    leaseEpoch: 1,
    tenantId: "default",
    profile,
  });
  return { token, runId: run.id };
}

export const ask = (web: TestWeb, profile: string, token: string | null, body: unknown = { model: "m1", input: [] }) =>
  web.call("POST", `/api/model/${profile}/v1/responses`, { token, body });

/** Sends a whole answer: 7 input tokens, 2 of them cached, and 3 output tokens, one of them reasoning. */
export function streamCompleted(res: ServerResponse): void {
  res.writeHead(200, { "content-type": "text/event-stream" });
  const usage = {
    ...{ input_tokens: 7, input_tokens_details: { cached_tokens: 2 } },
    ...{ output_tokens: 3, output_tokens_details: { reasoning_tokens: 1 } },
  };
  const last = `data: ${JSON.stringify({ type: "response.completed", response: { id: "r", usage } })}\n\n`;
  res.write('event: response.created\ndata: {"type":"response.created"}\n\n');
  // Cut in the middle of a line, as networks do.
  res.write(`event: response.completed\n${last.slice(0, 20)}`);
  res.end(last.slice(20));
}
