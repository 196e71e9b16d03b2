import { createTRPCClient, httpLink, httpSubscriptionLink, splitLink, TRPCClientError } from "@trpc/client";
import { EventSource } from "eventsource";
import { z } from "zod";
import { withDeadline } from "@/contract/deadline";
import { ErrorBody, REASON_STATUS } from "@/contract/errors";
import type { AppRouter } from "@/server/trpc/types";
import { keepStreaming } from "./command-stream";
import {
  type ArchiverPlane,
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
}): ControlPlane & ArchiverPlane {
  const { callTimeoutMs = CALL_TIMEOUT_MS, bytesTimeoutMs = BYTES_TIMEOUT_MS } = opts;
  let token = opts.launchToken;
  let isClaimed = false;
  let silentSince: number | undefined;
  const authorized: typeof fetch = (input, init) => {
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
          eventSourceOptions: () => ({ fetch: authorized as typeof globalThis.fetch }),
        }),
        false: [
          deadlineLink(callTimeoutMs),
          httpLink({ url, fetch: (input, init) => authorized(input as string, init as RequestInit) }),
        ],
      }),
    ],
  });
  async function listen<T>(call: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const askedAt = performance.now();
    try {
      const answer = await call();
      hear();
      return answer;
    } catch (error) {
      const known = toRunnerError(error, isClaimed);
      if (!(known instanceof UnreachableError) || known.isAnswer) hear();
      else if (silentSince === undefined && !isGivenUp(signal)) {
        silentSince = askedAt;
        opts.onSilence?.(known);
      }
      throw known;
    }
  }
  function hear(): void {
    if (silentSince !== undefined) opts.onAnswer?.(Math.round(performance.now() - silentSince));
    silentSince = undefined;
  }
  const ask = <T>(call: (how: CallOptions) => Promise<T>, { signal }: CallOptions = {}): Promise<T> =>
    listen(() => withOwnSignal(signal, call), signal);
  function segment(digest: string, query: Record<string, string>, init: RequestInit & CallOptions): Promise<Buffer> {
    const target = `/api/runner/segments/${digest}?${new URLSearchParams(query)}`;
    return plainBytes("a segment", target, init);
  }
  async function plainBytes(
    what: string,
    path: string,
    { signal: outer, ...init }: RequestInit & CallOptions,
  ): Promise<Buffer> {
    const target = `${opts.url}${path}`;
    const read = async (signal: AbortSignal) => {
      const response = await authorized(target, { ...init, signal });
      return { isOk: response.ok, status: response.status, body: Buffer.from(await response.arrayBuffer()) };
    };
    return listen(async () => {
      const { isOk, status, body } = await withDeadline(what, bytesTimeoutMs, read, outer);
      if (isOk) return body;
      const refusal: unknown = await new Response(body).json().catch(() => undefined);
      const fault = z.object({ error: ErrorBody }).safeParse(refusal);
      throw fault.success
        ? fromBody(fault.data.error, isClaimed)
        : new UnreachableError(`the server answered ${status}`);
    }, outer);
  }

  return {
    async claim(input) {
      const run = await ask(() => trpc.runs.claim.mutate(input));
      if (run.runnerToken) token = run.runnerToken;
      isClaimed = true;
      return run;
    },
    register: (input) => ask(async () => void (await trpc.runners.register.mutate(input))),
    heartbeat: (input, how) => ask((own) => trpc.runs.heartbeat.mutate(input, own), how),
    finishRun: (input) => ask(async () => void (await trpc.runs.finish.mutate(input))),
    release: (input) => ask(async () => void (await trpc.runs.release.mutate(input))),
    ackCommand: (input) => ask(async () => void (await trpc.commands.ack.mutate(input))),
    finishCommand: (input) => ask(async () => void (await trpc.commands.finish.mutate(input))),
    listCommands: (input) => ask(async () => (await trpc.commands.list.query(input)).items),
    watchCommands: ({ runId, afterSeq }, onCommand) =>
      keepStreaming({
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
    appendEvents: (input) => ask(async () => void (await trpc.events.append.mutate(input))),
    liveFrames: (input) => ask(async () => void (await trpc.events.live.mutate(input))),
    requestApproval: (input) => ask(() => trpc.approvals.request.mutate(input)),
    refreshStorage: (input, how) => ask(async (own) => void (await trpc.storage.refresh.mutate(input, own)), how),
    missingSegments: (input, how) => ask(async (own) => (await trpc.archive.missing.mutate(input, own)).missing, how),
    putSegment: async ({ digest, bytes, runId, leaseEpoch }, how) => {
      const body = new Uint8Array(bytes);
      await segment(digest, runId === undefined ? {} : { runId, leaseEpoch: String(leaseEpoch) }, {
        method: "PUT",
        body,
        headers: { "content-type": "application/octet-stream" },
        signal: how?.signal,
      });
    },
    getSegment: ({ digest, runId, leaseEpoch, sessionId }) =>
      segment(digest, { runId, leaseEpoch: String(leaseEpoch), sessionId }, { method: "GET" }),
    commitManifest: (input, how) => ask(async (own) => void (await trpc.archive.commit.mutate(input, own)), how),
    storeArchive: (input) => ask(async () => void (await trpc.archive.store.mutate(input))),
    getAttachment: async ({ attachmentId }, how = {}) => {
      const attachment = await ask((own) => trpc.attachments.get.query({ attachmentId }, own), how);
      const content = `/api/v1/attachments/${encodeURIComponent(attachmentId)}/content`;
      return { attachment, bytes: await plainBytes("an image", content, { method: "GET", ...how }) };
    },
    getManifest: (sessionId) => ask(async () => (await trpc.archive.manifest.query({ sessionId })).manifest),
  };
}

/**
 * Gives a call a signal of its own that follows `outer`. The client's listener on a call's signal is never taken off, and
 * an attempt's own signal would gather some at each turn.
 */
async function withOwnSignal<T>(outer: AbortSignal | undefined, call: (own: CallOptions) => Promise<T>): Promise<T> {
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
function isGivenUp(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true && (signal.reason as Error | undefined)?.name !== "TimeoutError";
}

/** Converts a client error to what it means for a runner: the lease is gone, a refusal, or no answer yet. */
function toRunnerError(error: unknown, isClaimed: boolean): Error {
  if (error instanceof UnreachableError || error instanceof RefusedError || error instanceof LeaseLostError)
    return error;
  if (!(error instanceof TRPCClientError)) return new UnreachableError(String(error));
  const data: unknown = error.data;
  const fault = ErrorBody.safeParse(
    typeof data === "object" && data !== null && "agentrun" in data ? data.agentrun : undefined,
  );
  return fault.success ? fromBody(fault.data, isClaimed) : new UnreachableError(error.message);
}

function fromBody(fault: ErrorBody, isClaimed: boolean): Error {
  if (LEASE_REASONS.has(fault.reason)) return new LeaseLostError(fault.message);
  // A runner's token ends with its run and its epoch.
  if (isClaimed && fault.reason === "unauthenticated") return new LeaseLostError(fault.message);
  // A person must free the space, for which a turn cannot wait.
  if (fault.reason === "storage-full") return new RefusedError(fault.reason, fault.message);
  const status = REASON_STATUS[fault.reason];
  if (status >= 500 || status === 429) return new UnreachableError(fault.message, true);
  return new RefusedError(fault.reason, fault.message);
}
