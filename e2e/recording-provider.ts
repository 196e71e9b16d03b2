import { mkdtempSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { answerDemo } from "@/demo/model";

type ModelRequest = { input: { role?: string; content?: { text?: string }[] }[] };

/** A model provider on loopback that answers as the demo model does and keeps every request, for tests to read. */
export class RecordingProvider implements AsyncDisposable {
  readonly requests: ModelRequest[] = [];
  readonly authorizations: string[] = [];
  /** What it answers to who asks for its list of models. */
  listStatus = 404;
  /** A file for AGENTRUN_BACKENDS that sends the profile `codex` here. */
  readonly backendsFile: string;

  private constructor(
    private readonly server: Server,
    more: object,
  ) {
    const { port } = server.address() as AddressInfo;
    this.backendsFile = path.join(mkdtempSync(path.join(tmpdir(), "agentrun-backends-")), "backends.json");
    const codex = {
      model: "recorded",
      baseUrl: `http://127.0.0.1:${port}/v1`,
      keyEnv: "RECORDED_PROVIDER_KEY",
      ...more,
    };
    writeFileSync(this.backendsFile, JSON.stringify({ codex }));
  }

  /** `more` of its profile, such as prices. */
  static async start(more: object = {}): Promise<RecordingProvider> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const provider = new RecordingProvider(server, more);
    server.on("request", async (request, response) => {
      if (request.method !== "POST") {
        const list = { object: "list", data: [{ id: "recorded", object: "model" }] };
        response.writeHead(provider.listStatus, { "content-type": "application/json" });
        return response.end(JSON.stringify(provider.listStatus === 200 ? list : {}));
      }
      const body = JSON.parse(await readBody(request));
      provider.requests.push(body);
      provider.authorizations.push(request.headers.authorization ?? "");
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

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  let body = "";
  for await (const chunk of request) body += chunk;
  return body;
}
