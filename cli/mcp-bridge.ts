import { ErrorBody } from "@/contract/errors";
import { errorLines, TOKEN_HINT } from "./failure";
import type { Io } from "./io";

type Message = { id?: unknown; method?: unknown; params?: Params; [key: string]: unknown };
type Params = { name?: unknown; uri?: unknown; requestId?: unknown; _meta?: Record<string, unknown> };

const TARGET = "/api/mcp";
/** A tool may wait for most of a minute. */
const ANSWER_MAX_MS = 120_000;
const REVISION_KEY = "io.modelcontextprotocol/protocolVersion";
const PARSE_ERROR = -32_700;
/** A code in the range that JSON-RPC reserves for servers. */
const SERVER_ERROR = -32_000;

/** Passes messages of the Model Context Protocol from a program's lines to the server, and its answers back. */
export class McpBridge {
  /** The version agreed on by `initialize`, which every HTTP message has to name. */
  #revision: string | null = null;
  readonly #pending = new Map<unknown, AbortController>();

  constructor(private readonly io: Io) {}

  /** Passes one line on and writes at most one answer. Never throws. */
  async forward(line: string): Promise<void> {
    const message = parse(line);
    if (message === undefined) return this.#refuse(null, PARSE_ERROR, "Parse error: this line is not valid JSON");
    if (message.method === "notifications/cancelled") {
      this.#pending.get(message.params?.requestId)?.abort();
      return;
    }
    const requestAbort = new AbortController();
    if (message.id !== undefined) this.#pending.set(message.id, requestAbort);
    try {
      await this.#send(message, line, requestAbort.signal);
    } catch (error) {
      // Nobody waits for the answer to a cancelled request.
      if (!requestAbort.signal.aborted && !this.io.signal.aborted) this.#fail(message, errorLines(error));
    } finally {
      if (this.#pending.get(message.id) === requestAbort) this.#pending.delete(message.id);
    }
  }

  async #send(message: Message, body: string, requestSignal: AbortSignal): Promise<void> {
    const signal = AbortSignal.any([requestSignal, this.io.signal]);
    const options = { headers: this.#headersOf(message), signal, timeoutMs: ANSWER_MAX_MS };
    const { status, text } = await this.io.client.post(TARGET, body, options);
    // A notification gets no answer; a request waits for one.
    if (text === "" && message.id === undefined) return;
    const answer = parse(text);
    if (answer?.jsonrpc === "2.0") {
      if (message.method === "initialize") this.#revision = readRevision(answer);
      // An error answer without an id, because the server could not read the message's id, belongs to this message.
      const { id = null } = answer;
      // Written as one line, whatever form the server used.
      return this.io.out(JSON.stringify(id === null && isId(message.id) ? { ...answer, id: message.id } : answer));
    }
    const refusal = ErrorBody.safeParse(answer?.error);
    if (!refusal.success)
      return this.#fail(message, [`what answers at ${this.io.client.url} is no AgentRun (${status})`]);
    const { reason, message: why, requestId } = refusal.data;
    const hint = status === 401 ? [TOKEN_HINT] : [];
    this.#fail(message, [`${why} (${reason}, request ${requestId})`, ...hint]);
  }

  #headersOf({ method, params }: Message): Record<string, string> {
    const headers: Record<string, string> = { accept: "application/json, text/event-stream" };
    const messageRevision = params?._meta?.[REVISION_KEY];
    const revision = typeof messageRevision === "string" ? messageRevision : this.#revision;
    if (revision !== null && method !== "initialize") headers["mcp-protocol-version"] = revision;
    if (typeof messageRevision !== "string") return headers;
    // Without a handshake, HTTP headers must also say what a message is about.
    if (typeof method === "string") headers["mcp-method"] = method;
    const name = params?.name ?? params?.uri;
    if (typeof name === "string") headers["mcp-name"] = name;
    return headers;
  }

  #fail({ id }: Message, lines: string[]): void {
    for (const line of lines) this.io.note(`agentrun: ${line}`);
    if (id !== undefined) this.#refuse(id, SERVER_ERROR, lines.join("; "));
  }

  #refuse(id: unknown, code: number, message: string): void {
    this.io.out(JSON.stringify({ jsonrpc: "2.0", id, error: { code, message } }));
  }
}

/** Parses a JSON text: `{}` for a value that is not an object, undefined where the text is not JSON. */
function parse(text: string): Message | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Message) : {};
  } catch {
    return undefined;
  }
}

function isId(id: unknown): boolean {
  return typeof id === "string" || typeof id === "number";
}

function readRevision({ result }: Message): string | null {
  const { protocolVersion } = (result ?? {}) as { protocolVersion?: unknown };
  return typeof protocolVersion === "string" ? protocolVersion : null;
}
