import { createParser } from "eventsource-parser";
import { withDeadline } from "@/contract/deadline";
import { ErrorBody } from "@/contract/errors";
import { RefusedError, TimeoutError, UnreachableError } from "./failure";
import { pause } from "./pause";
import type { ServerTarget } from "./server-target";

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
    private readonly place: Pick<ServerTarget, "url" | "token">,
    private readonly options: ClientOptions,
  ) {
    this.#token = place.token;
  }

  get url(): string {
    return this.place.url;
  }

  /** Returns the answer; throws the errors of `failure.ts`. */
  async call<Answer>(request: Request & { signal?: AbortSignal }): Promise<Answer> {
    return (await this.read(`${PREFIX}${request.path}${searchOf(request.query)}`, request)) as Answer;
  }

  /** Reads any path of the server as JSON. */
  async read(
    target: string,
    { method, body, signal }: Pick<Request, "method" | "body"> & { signal?: AbortSignal } = { method: "GET" },
  ): Promise<unknown> {
    const { timeoutMs } = this.options;
    const ask = async (either: AbortSignal) => {
      const sent = body === undefined ? {} : { body: JSON.stringify(body) };
      const response = await this.#ask(target, { method, signal: either, ...sent });
      return parse(await textOf(response, this.url, timeoutMs), response, this.url);
    };
    return withDeadline(this.url, timeoutMs, ask, signal);
  }

  /** Sends a JSON body unchanged, for a protocol that reports its own errors. */
  async post(
    target: string,
    body: string,
    { headers, signal, timeoutMs }: { headers: Record<string, string>; signal: AbortSignal; timeoutMs: number },
  ): Promise<{ status: number; text: string }> {
    const ask = async (either: AbortSignal) => {
      const response = await this.#ask(target, { method: "POST", body, signal: either }, headers, timeoutMs);
      return { status: response.status, text: await textOf(response, this.url, timeoutMs) };
    };
    return withDeadline(this.url, timeoutMs, ask, signal);
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
    const silence = new AbortController();
    const either = AbortSignal.any([signal, silence.signal]);
    const give = () => silence.abort(new TimeoutError(this.url, SILENCE_MAX_MS));
    let timer = setTimeout(give, SILENCE_MAX_MS);
    try {
      const headers = { accept: "text/event-stream", ...(lastId === null ? {} : { "last-event-id": lastId }) };
      const response = await this.#ask(
        `${PREFIX}${path}${searchOf(query)}`,
        { method: "GET", signal: either },
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
        clearTimeout(timer);
        timer = setTimeout(give, SILENCE_MAX_MS);
        yield "alive";
        parser.feed(decoder.decode(chunk, { stream: true }));
        yield* frames.splice(0);
      }
    } finally {
      clearTimeout(timer);
      // Also closes the connection when the caller stops following or a frame could not be read.
      silence.abort();
    }
  }

  async #ask(
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
        throw failureOf(error, this.url, timeoutMs);
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
    const leadsTo = response.status >= 300 && response.status < 400 ? response.headers.get("location") : null;
    if (leadsTo === null) return response;
    await response.body?.cancel();
    throw new UnreachableError(this.url, `it leads to ${originIn(leadsTo, this.url)}, which has to be named itself`);
  }
}

/** Returns the origin that a redirect leads to, without the rest, which may hold private data. */
function originIn(location: string, base: string): string {
  const url = URL.canParse(location, base) ? new URL(location, base) : null;
  return url !== null && /^https?:$/.test(url.protocol) ? url.origin : "what is no address of a server";
}

async function textOf(response: Response, url: string, timeoutMs: number): Promise<string> {
  try {
    return await response.text();
  } catch (error) {
    throw failureOf(error, url, timeoutMs);
  }
}

function failureOf(error: unknown, url: string, timeoutMs: number): Error {
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
function searchOf(query: object = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined || value === null) continue;
    for (const one of [value].flat()) search.append(name, typeof one === "object" ? JSON.stringify(one) : String(one));
  }
  return search.size === 0 ? "" : `?${search}`;
}
