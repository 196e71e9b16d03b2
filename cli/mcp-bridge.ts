import { ErrorBody } from "@/contract/errors";
import { TOKEN_HINT, wordsOf } from "./failure";
import type { Io } from "./io";

type Message = { id?: unknown; method?: unknown; params?: Params; [key: string]: unknown };
type Params = { name?: unknown; uri?: unknown; requestId?: unknown; _meta?: Record<string, unknown> };

const TARGET = "/api/mcp";
/** A tool may wait for most of a minute. */
const ANSWER_MAX_MS = 120_000;
const REVISION_KEY = "io.modelcontextprotocol/protocolVersion";
const PARSE_ERROR = -32_700;
/** A code in the range that JSON-RPC reserves for servers. */
const NOT_SERVED = -32_000;

/** Passes messages of the Model Context Protocol from a program's lines to the server, and its answers back. */
export class McpBridge {
  /** The version agreed on by `initialize`, which every HTTP message has to name. */
  #revision: string | null = null;
  readonly #underWay = new Map<unknown, AbortController>();

  constructor(private readonly io: Io) {}

  /** Passes one line on and writes at most one answer. Never throws. */
  async forward(line: string): Promise<void> {
    const message = parse(line);
    if (message === undefined) return this.#refuse(null, PARSE_ERROR, "Parse error: this line is not valid JSON");
    if (message.method === "notifications/cancelled") {
      this.#underWay.get(message.params?.requestId)?.abort();
      return;
    }
    const leaving = new AbortController();
    if (message.id !== undefined) this.#underWay.set(message.id, leaving);
    try {
      await this.#ask(message, line, leaving.signal);
    } catch (error) {
      // Nobody waits for the answer to a cancelled request.
      if (!leaving.signal.aborted && !this.io.signal.aborted) this.#fail(message, wordsOf(error));
    } finally {
      if (this.#underWay.get(message.id) === leaving) this.#underWay.delete(message.id);
    }
  }

  async #ask(message: Message, body: string, left: AbortSignal): Promise<void> {
    const signal = AbortSignal.any([left, this.io.signal]);
    const how = { headers: this.#headersOf(message), signal, timeoutMs: ANSWER_MAX_MS };
    const { status, text } = await this.io.client.post(TARGET, body, how);
    // A notification gets no answer; a request waits for one.
    if (text === "" && message.id === undefined) return;
    const answer = parse(text);
    if (answer?.jsonrpc === "2.0") {
      if (message.method === "initialize") this.#revision = revisionIn(answer);
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
    const own = params?._meta?.[REVISION_KEY];
    const revision = typeof own === "string" ? own : this.#revision;
    if (revision !== null && method !== "initialize") headers["mcp-protocol-version"] = revision;
    if (typeof own !== "string") return headers;
    // Without a handshake, HTTP headers must also say what a message is about.
    if (typeof method === "string") headers["mcp-method"] = method;
    const name = params?.name ?? params?.uri;
    if (typeof name === "string") headers["mcp-name"] = name;
    return headers;
  }

  #fail({ id }: Message, words: string[]): void {
    for (const word of words) this.io.note(`agentrun: ${word}`);
    if (id !== undefined) this.#refuse(id, NOT_SERVED, words.join("; "));
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

function revisionIn({ result }: Message): string | null {
  const { protocolVersion } = (result ?? {}) as { protocolVersion?: unknown };
  return typeof protocolVersion === "string" ? protocolVersion : null;
}
