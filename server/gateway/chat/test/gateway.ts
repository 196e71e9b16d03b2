import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { BackendConfig } from "@/contract/backend";
import { KEY_ENV, modelToken } from "@/server/gateway/test/gateway";
import { startTestWeb, type TestWeb } from "@/server/test/web";

const MODEL = "chat-model";

/** Writes a file for AGENTRUN_BACKENDS with one profile that speaks chat completions. The caller removes its folder. */
export async function chatBackends(
  profile: string,
  baseUrl: string,
  more: Partial<BackendConfig> = {},
): Promise<string> {
  const file = path.join(await mkdtemp(path.join(tmpdir(), "agentrun-chat-")), "backends.json");
  const config = { model: MODEL, baseUrl, keyEnv: KEY_ENV, wire: "chat", ...more };
  await writeFile(file, JSON.stringify({ [profile]: config }));
  return file;
}

/** Starts a server with that profile, and returns how one of its agents asks. */
export async function startChatGateway(
  database: { url: string },
  profile: string,
  baseUrl: string,
  more: Partial<BackendConfig> = {},
): Promise<{ web: TestWeb; ask: (body: unknown, signal?: AbortSignal) => Promise<Response> } & AsyncDisposable> {
  const file = await chatBackends(profile, baseUrl, more);
  const web = await startTestWeb(database, { env: { AGENTRUN_BACKENDS: file } });
  await rm(path.dirname(file), { recursive: true });
  const { token } = await modelToken(web, profile);
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  return {
    web,
    ask: (body, signal) =>
      fetch(`${web.url}/api/model/${profile}/v1/responses`, {
        ...{ method: "POST", headers, body: JSON.stringify({ model: MODEL, input: "hi", ...(body as object) }) },
        ...(signal ? { signal } : {}),
      }),
    [Symbol.asyncDispose]: () => web[Symbol.asyncDispose](),
  };
}
