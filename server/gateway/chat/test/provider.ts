import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { ChatPreset } from "@/contract/backend";
import { refusalFor } from "./refusals";

// biome-ignore lint/suspicious/noExplicitAny: what a provider is sent, as it is.
export type Asked = any;
type Call = { name: string; args: unknown };
export type Said = { thought?: string; text?: string; calls?: Call[]; finish?: string };
export type ChatProvider = AsyncDisposable & {
  url: string;
  /** Requests that were accepted, and the reasons why others were not. */
  asked: Asked[];
  refused: string[];
  headers: IncomingMessage["headers"][];
  /** How many clients left before their answer was complete. */
  left: number;
};

/**
 * Starts a provider of chat completions over real HTTP. It refuses what providers of its kind refuse, and otherwise
 * answers as the test says.
 */
export async function startChatProvider(
  preset: ChatPreset,
  answer: (res: ServerResponse, asked: Asked) => unknown,
): Promise<ChatProvider> {
  const server = createServer(async (req, res) => {
    let body = "";
    for await (const chunk of req) body += chunk;
    if (req.method !== "POST" || req.url !== "/v1/chat/completions") return res.writeHead(404).end("{}");
    const asked = JSON.parse(body);
    const why = refusalFor(preset, asked);
    provider.headers.push(req.headers);
    if (why !== null) {
      provider.refused.push(why);
      return sendJson(res, { error: { message: why, type: "bad_request_error" } }, 400);
    }
    provider.asked.push(asked);
    res.on("close", () => {
      if (!res.writableFinished) provider.left += 1;
    });
    answer(res, asked);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const provider: ChatProvider = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    ...{ asked: [], refused: [], headers: [], left: 0 },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return provider;
}

export function sendJson(res: ServerResponse, body: unknown, status = 200, headers: Record<string, string> = {}): void {
  res.writeHead(status, { "content-type": "application/json", ...headers });
  res.end(JSON.stringify(body));
}

/** Sends chunks as a stream, without ending it. */
export function sendChunks(res: ServerResponse, chunks: unknown[]): void {
  if (!res.headersSent) res.writeHead(200, { "content-type": "text/event-stream" });
  for (const chunk of chunks) res.write(sse(chunk));
}

export const sse = (chunk: unknown) => `data: ${typeof chunk === "string" ? chunk : JSON.stringify(chunk)}\n\n`;
export const delta = (said: unknown, finish_reason: string | null = null) => ({
  id: "chatcmpl-1",
  object: "chat.completion.chunk",
  choices: [{ index: 0, delta: said, finish_reason }],
});
export const USAGE = {
  prompt_tokens: 100,
  completion_tokens: 20,
  total_tokens: 120,
  prompt_tokens_details: { cached_tokens: 40 },
  completion_tokens_details: { reasoning_tokens: 5 },
};

/** Sends the whole answer, as a provider of that kind would stream it. */
export function streamAnswer(res: ServerResponse, preset: ChatPreset, said: Said): void {
  sendChunks(res, [...chunksOfAnswer(preset, said), "[DONE]"]);
  res.end();
}

export function chunksOfAnswer(preset: ChatPreset, said: Said): unknown[] {
  const { thought, text = "", calls = [] } = said;
  const chunks: unknown[] = [delta({ role: "assistant", content: "" })];
  const inline = thought !== undefined && preset !== "deepseek" ? `<think>\n${thought}\n</think>\n\n` : "";
  if (thought !== undefined && preset === "deepseek")
    for (const word of words(thought)) chunks.push(delta({ content: null, reasoning_content: word }));
  for (const piece of (inline + text).match(/[\s\S]{1,7}/g) ?? []) chunks.push(delta({ content: piece }));
  const args = calls.map((call) => JSON.stringify(call.args));
  for (const [index, call] of calls.entries())
    chunks.push(delta({ tool_calls: [{ index, id: callId(), type: "function", function: { name: call.name } }] }));
  // Interleaved, as parallel calls may arrive.
  for (let at = 0; args.some((one) => at < one.length); at += 9)
    for (const [index, one] of args.entries())
      if (at < one.length)
        chunks.push(delta({ tool_calls: [{ index, function: { arguments: one.slice(at, at + 9) } }] }));
  chunks.push(delta({}, said.finish ?? (calls.length > 0 ? "tool_calls" : "stop")));
  return [...chunks, { choices: [], usage: USAGE }];
}

let calls = 0;
function callId(): string {
  calls += 1;
  return `call${String(calls).padStart(5, "0")}`;
}

function words(text: string): string[] {
  return text.match(/\S+\s*|\s+/g) ?? [];
}
