import { createTRPCClient, httpLink, httpSubscriptionLink, splitLink, TRPCClientError } from "@trpc/client";
import { EventSource } from "eventsource";
import { z } from "zod";
import { withDeadline } from "@/contract/deadline";
import { ErrorBody, REASON_STATUS } from "@/contract/errors";
import type { AppRouter } from "@/server/trpc/types";
import { streamWithReconnect } from "./command-stream";
import {
  type ArchiverControlPlane,
  type CallOptions,
  type ControlPlane,
  RefusedError,
  UnreachableError,
  type WatchedCommand,
} from "./control-plane";
import { deadlineLink } from "./deadline-link";
import { LeaseLostError } from "./errors";

const CALL_TIMEOUT_MS = 15_000;
/** For transfers of plain bytes: a segment or an image. */
const BYTES_TIMEOUT_MS = 60_000;
const LEASE_REASONS = new Set(["lease-lost", "lease-held", "lease-fencing"]);

/** Connects to the server over HTTP: typed procedures, commands by subscription, segments and images as plain bytes. */
export function connectControlPlane(opts: {
  url: string;
  launchToken: string;
  /** Called when the stream of commands broke; it is opened again. */
  onUnreachable?: (error: Error) => void;
  /** Called for the first call without an answer since the last answer. */
  onSilence?: (error: Error) => void;
  /** Called for the first answer after that, with the time since the first unanswered call was made. */
  onAnswer?: (silentMs: number) => void;
  callTimeoutMs?: number;
  bytesTimeoutMs?: number;
}): ControlPlane & ArchiverControlPlane {
  const { callTimeoutMs = CALL_TIMEOUT_MS, bytesTimeoutMs = BYTES_TIMEOUT_MS } = opts;
  let token = opts.launchToken;
  let isClaimed = false;
  let silentSince: number | undefined;
  const authorizedFetch: typeof fetch = (input, init) => {
    const headers = new Headers(init?.headers);
    headers.set("authorization", `Bearer ${token}`);
    return fetch(input, { ...init, headers });
  };
  const url = `${opts.url}/api/trpc`;
  const trpc = createTRPCClient<AppRouter>({
    links: [
      splitLink({
        condition: (operation) => operation.type === "subscription",
        true: httpSubscriptionLink({
          url,
          EventSource,
          eventSourceOptions: () => ({ fetch: authorizedFetch as typeof globalThis.fetch }),
        }),
        false: [
          deadlineLink(callTimeoutMs),
          httpLink({ url, fetch: (input, init) => authorizedFetch(input as string, init as RequestInit) }),
        ],
      }),
    ],
  });
  async function trackAnswers<T>(call: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const startedAt = performance.now();
    try {
      const answer = await call();
      noteAnswer();
      return answer;
    } catch (error) {
      const runnerError = toRunnerError(error, isClaimed);
      if (!(runnerError instanceof UnreachableError) || runnerError.isAnswer) noteAnswer();
      else if (silentSince === undefined && !isAbandoned(signal)) {
        silentSince = startedAt;
        opts.onSilence?.(runnerError);
      }
      throw runnerError;
    }
  }
  function noteAnswer(): void {
    if (silentSince !== undefined) opts.onAnswer?.(Math.round(performance.now() - silentSince));
    silentSince = undefined;
  }
  const callServer = <T>(call: (callOptions: CallOptions) => Promise<T>, { signal }: CallOptions = {}): Promise<T> =>
    trackAnswers(() => withOwnSignal(signal, call), signal);
  function requestSegment(
    digest: string,
    query: Record<string, string>,
    init: RequestInit & CallOptions,
  ): Promise<Buffer> {
    const target = `/api/runner/segments/${digest}?${new URLSearchParams(query)}`;
    return fetchBytes("a segment", target, init);
  }
  async function fetchBytes(
    description: string,
    path: string,
    { signal: outer, ...init }: RequestInit & CallOptions,
  ): Promise<Buffer> {
    const target = `${opts.url}${path}`;
    const read = async (signal: AbortSignal) => {
      const response = await authorizedFetch(target, { ...init, signal });
      return { isOk: response.ok, status: response.status, body: Buffer.from(await response.arrayBuffer()) };
    };
    return trackAnswers(async () => {
      const { isOk, status, body } = await withDeadline(description, bytesTimeoutMs, read, outer);
      if (isOk) return body;
      const refusal: unknown = await new Response(body).json().catch(() => undefined);
      const parsedBody = z.object({ error: ErrorBody }).safeParse(refusal);
      throw parsedBody.success
        ? errorFromBody(parsedBody.data.error, isClaimed)
        : new UnreachableError(`the server answered ${status}`);
    }, outer);
  }

  return {
    async claim(input) {
      const run = await callServer(() => trpc.runs.claim.mutate(input));
      if (run.runnerToken) token = run.runnerToken;
      isClaimed = true;
      return run;
    },
    register: (input) => callServer(async () => void (await trpc.runners.register.mutate(input))),
    heartbeat: (input, callOptions) =>
      callServer((ownOptions) => trpc.runs.heartbeat.mutate(input, ownOptions), callOptions),
    finishRun: (input) => callServer(async () => void (await trpc.runs.finish.mutate(input))),
    release: (input) => callServer(async () => void (await trpc.runs.release.mutate(input))),
    ackCommand: (input) => callServer(async () => void (await trpc.commands.ack.mutate(input))),
    finishCommand: (input) => callServer(async () => void (await trpc.commands.finish.mutate(input))),
    listCommands: (input) => callServer(async () => (await trpc.commands.list.query(input)).items),
    watchCommands: ({ runId, afterSeq }, onCommand) =>
      streamWithReconnect({
        afterSeq,
        onCommand,
        openMs: callTimeoutMs,
        onBroken: (error) => opts.onUnreachable?.(error),
        // The link reopens a broken stream by itself, but gives up at a response that is not a stream: web may be
        // starting.
        open: (seq, listener) =>
          trpc.commands.watch.subscribe(
            { runId, afterSeq: seq },
            { ...listener, onData: (item) => listener.onData(item.data as WatchedCommand) },
          ),
      }),
    appendEvents: (input) => callServer(async () => void (await trpc.events.append.mutate(input))),
    liveFrames: (input) => callServer(async () => void (await trpc.events.live.mutate(input))),
    requestApproval: (input) => callServer(() => trpc.approvals.request.mutate(input)),
    refreshStorage: (input, callOptions) =>
      callServer(async (ownOptions) => void (await trpc.storage.refresh.mutate(input, ownOptions)), callOptions),
    missingSegments: (input, callOptions) =>
      callServer(async (ownOptions) => (await trpc.archive.missing.mutate(input, ownOptions)).missing, callOptions),
    putSegment: async ({ digest, bytes, runId, leaseEpoch }, callOptions) => {
      const body = new Uint8Array(bytes);
      await requestSegment(digest, runId === undefined ? {} : { runId, leaseEpoch: String(leaseEpoch) }, {
        method: "PUT",
        body,
        headers: { "content-type": "application/octet-stream" },
        signal: callOptions?.signal,
      });
    },
    getSegment: ({ digest, runId, leaseEpoch, sessionId }) =>
      requestSegment(digest, { runId, leaseEpoch: String(leaseEpoch), sessionId }, { method: "GET" }),
    commitManifest: (input, callOptions) =>
      callServer(async (ownOptions) => void (await trpc.archive.commit.mutate(input, ownOptions)), callOptions),
    storeArchive: (input) => callServer(async () => void (await trpc.archive.store.mutate(input))),
    getAttachment: async ({ attachmentId }, callOptions = {}) => {
      const attachment = await callServer(
        (ownOptions) => trpc.attachments.get.query({ attachmentId }, ownOptions),
        callOptions,
      );
      const content = `/api/v1/attachments/${encodeURIComponent(attachmentId)}/content`;
      return { attachment, bytes: await fetchBytes("an image", content, { method: "GET", ...callOptions }) };
    },
    getManifest: (sessionId) => callServer(async () => (await trpc.archive.manifest.query({ sessionId })).manifest),
  };
}

/**
 * Gives a call a signal of its own that follows `outer`. The client's listener on a call's signal is never taken off, and
 * an attempt's own signal would gather some at each turn.
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

/** Whether nobody waits for the answer any more; a limit of the caller's own is a wait that was in vain. */
function isAbandoned(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true && (signal.reason as Error | undefined)?.name !== "TimeoutError";
}

/** Converts a client error to what it means for a runner: the lease is gone, a refusal, or no answer yet. */
function toRunnerError(error: unknown, isClaimed: boolean): Error {
  if (error instanceof UnreachableError || error instanceof RefusedError || error instanceof LeaseLostError)
    return error;
  if (!(error instanceof TRPCClientError)) return new UnreachableError(String(error));
  const data: unknown = error.data;
  const parsedBody = ErrorBody.safeParse(
    typeof data === "object" && data !== null && "agentrun" in data ? data.agentrun : undefined,
  );
  return parsedBody.success ? errorFromBody(parsedBody.data, isClaimed) : new UnreachableError(error.message);
}

function errorFromBody(body: ErrorBody, isClaimed: boolean): Error {
  if (LEASE_REASONS.has(body.reason)) return new LeaseLostError(body.message);
  // A runner's token ends with its run and its epoch.
  if (isClaimed && body.reason === "unauthenticated") return new LeaseLostError(body.message);
  // A person must free the space, for which a turn cannot wait.
  if (body.reason === "storage-full") return new RefusedError(body.reason, body.message);
  const status = REASON_STATUS[body.reason];
  if (status >= 500 || status === 429) return new UnreachableError(body.message, true);
  return new RefusedError(body.reason, body.message);
}
