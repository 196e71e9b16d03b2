import { createParser } from "eventsource-parser";
import { withDeadline } from "@/contract/deadline";
import { ErrorBody } from "@/contract/errors";
import { RefusedError, TimeoutError, UnreachableError } from "./failure";
import { pause } from "./pause";
import type { ServerTarget } from "./server-target";
import { SilenceLimit } from "./silence-limit";

export type Method = "GET" | "POST" | "PATCH" | "DELETE";
/** A call of the API; `path` is relative to /api/v1. */
export type Request = { method: Method; path: string; query?: object; body?: object };
/** A server-sent event with its data parsed as JSON. `event` is null for the stream's own items. */
export type Frame = { id: string | null; event: string | null; data: unknown };

export type ClientOptions = {
  /** Returns the current token after a 401, where the first one may have been replaced since. */
  renew?: () => string | null;
  /** Limit for one answer, in milliseconds. */
  timeoutMs: number;
  /** Ends calls under way that name no signal of their own. */
  signal?: AbortSignal;
  /** Called when a stream broke and is opened again. */
  onRetry: (why: string) => void;
};

const PREFIX = "/api/v1";
const RETRY_BASE_MS = 250;
const RETRY_MAX_MS = 5_000;
/** A live stream sends at least a sign of life every 15 s. */
const SILENCE_MAX_MS = 45_000;

/** The REST API of one server. */
export class Client {
  #token: string | null;

  constructor(
    private readonly server: Pick<ServerTarget, "url" | "token">,
    private readonly options: ClientOptions,
  ) {
    this.#token = server.token;
  }

  get url(): string {
    return this.server.url;
  }

  /** Returns the answer; throws the errors of `failure.ts`. */
  async call<Answer>(request: Request & { signal?: AbortSignal }): Promise<Answer> {
    return (await this.read(`${PREFIX}${request.path}${searchString(request.query)}`, request)) as Answer;
  }

  /** Reads any path of the server as JSON. */
  async read(
    target: string,
    { method, body, signal }: Pick<Request, "method" | "body"> & { signal?: AbortSignal } = { method: "GET" },
  ): Promise<unknown> {
    const { timeoutMs } = this.options;
    const endedBy = signal ?? this.options.signal;
    const sendRequest = async (combinedSignal: AbortSignal) => {
      const bodyInit = body === undefined ? {} : { body: JSON.stringify(body) };
      const response = await this.#fetch(target, { method, signal: combinedSignal, ...bodyInit });
      return parse(await readText(response, this.url, timeoutMs), response, this.url);
    };
    return withDeadline(this.url, timeoutMs, sendRequest, endedBy);
  }

  /** Sends a JSON body unchanged, for a protocol that reports its own errors. */
  async post(
    target: string,
    body: string,
    { headers, signal, timeoutMs }: { headers: Record<string, string>; signal: AbortSignal; timeoutMs: number },
  ): Promise<{ status: number; text: string }> {
    const sendRequest = async (combinedSignal: AbortSignal) => {
      const response = await this.#fetch(target, { method: "POST", body, signal: combinedSignal }, headers, timeoutMs);
      return { status: response.status, text: await readText(response, this.url, timeoutMs) };
    };
    return withDeadline(this.url, timeoutMs, sendRequest, signal);
  }

  /**
   * Passes the bytes that a path answers to `write`, piece by piece, and returns how many there were. The limit for an
   * answer is one for each piece.
   */
  async download(
    { path, query, signal }: Pick<Request, "path" | "query"> & { signal: AbortSignal },
    write: (chunk: Uint8Array) => Promise<void>,
  ): Promise<number> {
    const { timeoutMs } = this.options;
    const silence = new SilenceLimit(this.url, timeoutMs, signal);
    try {
      const target = `${PREFIX}${path}${searchString(query)}`;
      const response = await this.#fetch(target, { method: "GET", signal: silence.signal });
      if (!response.ok) await parse(await readText(response, this.url, timeoutMs), response, this.url);
      let length = 0;
      for await (const chunk of response.body ?? []) {
        silence.pause();
        await write(chunk);
        length += chunk.byteLength;
        silence.restart();
      }
      return length;
    } catch (error) {
      if (error instanceof RefusedError || error instanceof UnreachableError) throw error;
      throw silence.failure ?? toFailure(error, this.url, timeoutMs);
    } finally {
      silence.end();
    }
  }

  /**
   * Yields every frame of a stream after a last id, none twice and none left out. Reopens the stream after a broken
   * connection, until the stream is over or `signal` aborts.
   */
  async *follow(request: Omit<Request, "method" | "body">, signal: AbortSignal): AsyncGenerator<Frame> {
    let lastId: string | null = null;
    let delayMs = RETRY_BASE_MS;
    while (!signal.aborted) {
      try {
        for await (const frame of this.#stream(request, lastId, signal)) {
          if (frame === "end") return;
          if (frame === "alive") {
            delayMs = RETRY_BASE_MS;
            continue;
          }
          lastId = frame.id ?? lastId;
          yield frame;
        }
      } catch (error) {
        if (signal.aborted) return;
        // The server would repeat a refusal, except for temporary ones.
        if (error instanceof RefusedError && error.status < 500 && error.status !== 429) throw error;
        this.options.onRetry(error instanceof Error ? error.message : String(error));
      }
      await pause(delayMs, signal);
      delayMs = Math.min(delayMs * 2, RETRY_MAX_MS);
    }
  }

  async *#stream(
    { path, query }: Omit<Request, "method" | "body">,
    lastId: string | null,
    signal: AbortSignal,
  ): AsyncGenerator<Frame | "alive" | "end"> {
    const silence = new SilenceLimit(this.url, SILENCE_MAX_MS, signal);
    try {
      const headers = { accept: "text/event-stream", ...(lastId === null ? {} : { "last-event-id": lastId }) };
      const response = await this.#fetch(
        `${PREFIX}${path}${searchString(query)}`,
        { method: "GET", signal: silence.signal },
        headers,
      );
      // Nothing is left to report.
      if (response.status === 204) return yield "end";
      if (!response.ok) await parse(await response.text(), response, this.url);
      const frames: (Frame | "end")[] = [];
      const parser = createParser({
        onEvent: ({ id, event, data }) =>
          frames.push(
            event === "end" ? "end" : { id: id ?? null, event: event ?? null, data: JSON.parse(data) as unknown },
          ),
      });
      const decoder = new TextDecoder();
      for await (const chunk of response.body ?? []) {
        silence.restart();
        yield "alive";
        parser.feed(decoder.decode(chunk, { stream: true }));
        yield* frames.splice(0);
      }
    } finally {
      // Also closes the connection when the caller stops following or a frame could not be read.
      silence.end();
    }
  }

  async #fetch(
    target: string,
    init: RequestInit,
    headers: Record<string, string> = {},
    timeoutMs = this.options.timeoutMs,
  ): Promise<Response> {
    const send = async (token: string | null) => {
      try {
        return await fetch(`${this.url}${target}`, {
          ...init,
          // A token is sent only to the server it is meant for.
          redirect: "manual",
          headers: {
            ...(token === null ? {} : { authorization: `Bearer ${token}` }),
            ...(init.body === undefined ? {} : { "content-type": "application/json" }),
            ...headers,
          },
        });
      } catch (error) {
        throw toFailure(error, this.url, timeoutMs);
      }
    };
    let response = await send(this.#token);
    if (response.status === 401) {
      const renewed = this.options.renew?.() ?? null;
      if (renewed !== null && renewed !== this.#token) {
        await response.body?.cancel();
        this.#token = renewed;
        response = await send(renewed);
      }
    }
    const redirectTarget = response.status >= 300 && response.status < 400 ? response.headers.get("location") : null;
    if (redirectTarget === null) return response;
    await response.body?.cancel();
    throw new UnreachableError(
      this.url,
      `it leads to ${redirectOrigin(redirectTarget, this.url)}, which has to be named itself`,
    );
  }
}

/** Returns the origin that a redirect leads to, without the rest, which may hold private data. */
function redirectOrigin(location: string, base: string): string {
  const url = URL.canParse(location, base) ? new URL(location, base) : null;
  return url !== null && /^https?:$/.test(url.protocol) ? url.origin : "what is no address of a server";
}

async function readText(response: Response, url: string, timeoutMs: number): Promise<string> {
  try {
    return await response.text();
  } catch (error) {
    throw toFailure(error, url, timeoutMs);
  }
}

function toFailure(error: unknown, url: string, timeoutMs: number): Error {
  if (error instanceof Error && (error.name === "TimeoutError" || error.name === "DeadlineError"))
    return new TimeoutError(url, timeoutMs);
  if (error instanceof Error && error.name === "AbortError") return error;
  // The message of fetch's error only says that it failed; the reason is in its cause.
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const { code, message } = cause as NodeJS.ErrnoException;
  return new UnreachableError(url, message || code || String(cause));
}

async function parse(text: string, response: Response, url: string): Promise<unknown> {
  let answer: unknown;
  try {
    answer = text === "" ? null : JSON.parse(text);
  } catch {
    throw new UnreachableError(url, `what answers there is no AgentRun (${response.status})`);
  }
  if (response.ok) return answer;
  const refusal = ErrorBody.safeParse((answer as { error?: unknown } | null)?.error);
  if (!refusal.success) throw new UnreachableError(url, `what answers there is no AgentRun (${response.status})`);
  throw new RefusedError(response.status, refusal.data);
}

/** Builds a query as REST reads it: a list repeats its name, an object is JSON. */
function searchString(query: object = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined || value === null) continue;
    for (const item of [value].flat())
      search.append(name, typeof item === "object" ? JSON.stringify(item) : String(item));
  }
  return search.size === 0 ? "" : `?${search}`;
}
