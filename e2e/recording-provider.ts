import { mkdtempSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { answerDemo } from "@/demo/model";

type ModelRequest = { input: { role?: string; content?: { text?: string; image_url?: string }[] }[] };

/** A model provider on loopback that answers as the demo model does and keeps every request, for tests to read. */
export class RecordingProvider implements AsyncDisposable {
  readonly requests: ModelRequest[] = [];
  readonly authorizations: string[] = [];
  /** What it answers to who asks for its list of models. */
  listStatus = 404;
  /** A file for AGENTRUN_BACKENDS that sends the profile `codex` here, and what other profiles a test has. */
  readonly backendsFile: string;

  private constructor(
    private readonly server: Server,
    profiles: Record<string, object>,
  ) {
    const { port } = server.address() as AddressInfo;
    this.backendsFile = path.join(mkdtempSync(path.join(tmpdir(), "agentrun-backends-")), "backends.json");
    const shared = { model: "recorded", baseUrl: `http://127.0.0.1:${port}/v1`, keyEnv: "RECORDED_PROVIDER_KEY" };
    const configs = Object.entries(profiles).map(([name, more]) => [name, { ...shared, ...more }]);
    writeFileSync(this.backendsFile, JSON.stringify(Object.fromEntries(configs)));
  }

  /** `more` of its profile, such as prices; and `others` beside it, which may speak chat completions. */
  static async start(more: object = {}, others: Record<string, object> = {}): Promise<RecordingProvider> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const provider = new RecordingProvider(server, { codex: more, ...others });
    server.on("request", async (request, response) => {
      if (request.method !== "POST") {
        const list = { object: "list", data: [{ id: "recorded", object: "model" }] };
        response.writeHead(provider.listStatus, { "content-type": "application/json" });
        return response.end(JSON.stringify(provider.listStatus === 200 ? list : {}));
      }
      const body = JSON.parse(await readBody(request));
      provider.requests.push(body);
      provider.authorizations.push(request.headers.authorization ?? "");
      if (JSON.stringify(body).includes(QUOTE_THE_KEY)) return quoteKey(request, response);
      if (request.url?.endsWith("/chat/completions")) return answerChat(body, response);
      const aborted = new AbortController();
      response.on("close", () => aborted.abort());
      response.writeHead(200, { "content-type": "text/event-stream" });
      for await (const { event, data } of answerDemo(body, aborted.signal)) {
        response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
      }
      response.end();
    });
    return provider;
  }

  /** What the person had said, in the order in which the last request told it to the model. */
  lastUserTexts(): string[] {
    const input = this.requests.at(-1)?.input ?? [];
    return input
      .filter((item) => item.role === "user")
      .map((item) => (item.content ?? []).map((part) => part.text ?? "").join(""))
      .filter((text) => !text.startsWith("<"));
  }

  /** The images that the last request shows, as data URLs. */
  lastImages(): string[] {
    const input = this.requests.at(-1)?.input ?? [];
    return input
      .flatMap(({ content }) => (Array.isArray(content) ? content : []))
      .flatMap((part) => part.image_url ?? []);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** Who says this is refused, with the key in the provider's words. */
export const QUOTE_THE_KEY = "quote the key";

function quoteKey(request: IncomingMessage, response: ServerResponse): void {
  const message = `${request.headers.authorization} is no key of ours, said ${JSON.stringify(request.headers)}`;
  response.writeHead(400, { "content-type": "application/json" });
  // As some write it.
  response.end(JSON.stringify({ error: { message, type: "invalid_request_error" } }).replaceAll("/", "\\/"));
}

type ChatMessage = { role: string; content: string | { text?: string }[] };

/** By chat completions: runs what a person says it shall, and then says that it has. */
function answerChat({ messages }: { messages: ChatMessage[] }, response: ServerResponse): void {
  const { role, content = "" } = messages.at(-1) ?? { role: "user" };
  const text = typeof content === "string" ? content : content.map((part) => part.text).join("\n");
  const commands = role === "tool" ? [] : [...text.matchAll(/RUN `(.+?)`/g)].map(([, cmd]) => cmd);
  const tool_calls = commands.map((cmd, index) => ({
    ...{ index, id: `call_${index}`, type: "function" },
    function: { name: "exec_command", arguments: JSON.stringify({ cmd }) },
  }));
  const said = tool_calls.length > 0 ? { tool_calls } : { content: "I have." };
  const finish_reason = tool_calls.length > 0 ? "tool_calls" : "stop";
  const usage = { prompt_tokens: 100, completion_tokens: 20 };
  response.writeHead(200, { "content-type": "text/event-stream" });
  for (const chunk of [{ choices: [{ delta: said, finish_reason }] }, { choices: [], usage }])
    response.write(`data: ${JSON.stringify(chunk)}\n\n`);
  response.end("data: [DONE]\n\n");
}

async function readBody(request: IncomingMessage): Promise<string> {
  let body = "";
  for await (const chunk of request) body += chunk;
  return body;
}
