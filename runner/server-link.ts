import {
  createTRPCClient,
  httpLink,
  httpSubscriptionLink,
  splitLink,
  type TRPCClient,
  TRPCClientError,
} from "@trpc/client";
import { EventSource } from "eventsource";
import { z } from "zod";
import { withDeadline } from "@/contract/deadline";
import { ErrorBody, REASON_STATUS } from "@/contract/errors";
import type { AppRouter } from "@/server/trpc/types";
import { type CallOptions, RefusedError, UnreachableError } from "./control-plane";
import { deadlineLink } from "./deadline-link";
import { LeaseLostError } from "./errors";

const CALL_TIMEOUT_MS = 15_000;
/** For transfers of plain bytes: a segment or an image. */
const BYTES_TIMEOUT_MS = 60_000;
const LEASE_REASONS = new Set(["lease-lost", "lease-held", "lease-fencing"]);

export type ServerLinkOptions = {
  url: string;
  launchToken: string;
  /** Called for the first call without an answer since the last answer. */
  onSilence?: (error: Error) => void;
  /** Called for the first answer after that, with the time since the first unanswered call was made. */
  onAnswer?: (silentMs: number) => void;
  callTimeoutMs?: number;
  bytesTimeoutMs?: number;
};
export type BytesRequest = RequestInit & CallOptions;

/**
 * How a runner reaches its server: it adds the runner's token and a time limit to each request, tells silence from an
 * answer, and converts what is thrown to LeaseLostError, RefusedError or UnreachableError.
 */
export class ServerLink {
  readonly trpc: TRPCClient<AppRouter>;
  readonly callTimeoutMs: number;
  #token: string;
  #isClaimed = false;
  /** When the first call since the last answer was made; undefined: no call is unanswered. */
  #silentSince: number | undefined;

  constructor(private readonly opts: ServerLinkOptions) {
    this.#token = opts.launchToken;
    this.callTimeoutMs = opts.callTimeoutMs ?? CALL_TIMEOUT_MS;
    this.trpc = this.#createClient();
  }

  /** From now on uses the token of the claimed run. A claim that is repeated by its own token brings none. */
  noteClaim(runnerToken: string | undefined): void {
    if (runnerToken) this.#token = runnerToken;
    this.#isClaimed = true;
  }

  /** Makes a typed call. `work` passes the options that it is given to the client. */
  call<T>(work: (ownOptions: CallOptions) => Promise<T>, { signal }: CallOptions = {}): Promise<T> {
    return this.#trackAnswers(() => withOwnSignal(signal, work), signal);
  }

  /** Sends a request beside the typed calls, and returns the bytes of its answer. `what` names them in a time-out. */
  fetchBytes(what: string, path: string, { signal: outer, ...init }: BytesRequest): Promise<Buffer> {
    const read = async (signal: AbortSignal) => {
      const response = await this.#fetch(`${this.opts.url}${path}`, { ...init, signal });
      return { isOk: response.ok, status: response.status, body: Buffer.from(await response.arrayBuffer()) };
    };
    const timeoutMs = this.opts.bytesTimeoutMs ?? BYTES_TIMEOUT_MS;
    return this.#trackAnswers(async () => {
      const { isOk, status, body } = await withDeadline(what, timeoutMs, read, outer);
      if (isOk) return body;
      const refusal: unknown = await new Response(body).json().catch(() => undefined);
      const parsedBody = z.object({ error: ErrorBody }).safeParse(refusal);
      throw parsedBody.success
        ? this.#errorFromBody(parsedBody.data.error)
        : new UnreachableError(`the server answered ${status}`);
    }, outer);
  }

  #createClient(): TRPCClient<AppRouter> {
    const url = `${this.opts.url}/api/trpc`;
    const fetchWithToken: typeof fetch = (input, init) => this.#fetch(input, init);
    return createTRPCClient<AppRouter>({
      links: [
        splitLink({
          condition: (operation) => operation.type === "subscription",
          true: httpSubscriptionLink({
            url,
            EventSource,
            eventSourceOptions: () => ({ fetch: fetchWithToken as typeof globalThis.fetch }),
          }),
          false: [
            deadlineLink(this.callTimeoutMs),
            httpLink({ url, fetch: (input, init) => fetchWithToken(input as string, init as RequestInit) }),
          ],
        }),
      ],
    });
  }

  #fetch(...[input, init]: Parameters<typeof fetch>): Promise<Response> {
    const headers = new Headers(init?.headers);
    headers.set("authorization", `Bearer ${this.#token}`);
    return fetch(input, { ...init, headers });
  }

  async #trackAnswers<T>(call: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const startedAt = performance.now();
    try {
      const answer = await call();
      this.#noteAnswer();
      return answer;
    } catch (error) {
      const runnerError = this.#toRunnerError(error);
      if (!(runnerError instanceof UnreachableError) || runnerError.isAnswer) this.#noteAnswer();
      else if (this.#silentSince === undefined && !isAbandoned(signal)) {
        this.#silentSince = startedAt;
        this.opts.onSilence?.(runnerError);
      }
      throw runnerError;
    }
  }

  #noteAnswer(): void {
    if (this.#silentSince !== undefined) this.opts.onAnswer?.(Math.round(performance.now() - this.#silentSince));
    this.#silentSince = undefined;
  }

  /** Converts a client error to what it means for a runner: the lease is gone, a refusal, or no answer yet. */
  #toRunnerError(error: unknown): Error {
    if (error instanceof UnreachableError || error instanceof RefusedError || error instanceof LeaseLostError)
      return error;
    if (!(error instanceof TRPCClientError)) return new UnreachableError(String(error));
    const data: unknown = error.data;
    const parsedBody = ErrorBody.safeParse(
      typeof data === "object" && data !== null && "agentrun" in data ? data.agentrun : undefined,
    );
    return parsedBody.success ? this.#errorFromBody(parsedBody.data) : new UnreachableError(error.message);
  }

  #errorFromBody({ reason, message }: ErrorBody): Error {
    if (LEASE_REASONS.has(reason)) return new LeaseLostError(message);
    // A runner's token ends with its run and its epoch.
    if (this.#isClaimed && reason === "unauthenticated") return new LeaseLostError(message);
    // A person must free the space, for which a turn cannot wait.
    if (reason === "storage-full") return new RefusedError(reason, message);
    const status = REASON_STATUS[reason];
    if (status >= 500 || status === 429) return new UnreachableError(message, { isAnswer: true });
    return new RefusedError(reason, message);
  }
}

/**
 * Gives a call a signal of its own that follows `outer`. The client never removes its listener from a call's signal, so
 * an attempt's own signal, which lives long, would gather listeners at each turn.
 */
async function withOwnSignal<T>(
  outer: AbortSignal | undefined,
  call: (ownOptions: CallOptions) => Promise<T>,
): Promise<T> {
  if (outer === undefined) return call({});
  const controller = new AbortController();
  const abort = () => controller.abort(outer.reason);
  if (outer.aborted) abort();
  else outer.addEventListener("abort", abort, { once: true });
  try {
    return await call({ signal: controller.signal });
  } finally {
    outer.removeEventListener("abort", abort);
  }
}

/** Whether nobody waits for the answer any more. A time-out of the caller's own is no such case: it did wait, in vain. */
function isAbandoned(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true && (signal.reason as Error | undefined)?.name !== "TimeoutError";
}
