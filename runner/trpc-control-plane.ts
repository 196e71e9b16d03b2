import { streamWithReconnect } from "./command-stream";
import type { ArchiverControlPlane, ControlPlane, WatchedCommand } from "./control-plane";
import { type BytesRequest, ServerLink, type ServerLinkOptions } from "./server-link";

/** Connects to the server over HTTP: typed procedures, commands by subscription, segments and images as plain bytes. */
export function connectControlPlane(
  opts: ServerLinkOptions & {
    /** Called when the stream of commands broke; it is opened again. */
    onUnreachable?: (error: Error) => void;
  },
): ControlPlane & ArchiverControlPlane {
  const link = new ServerLink(opts);
  const { trpc } = link;
  return {
    async claim(input) {
      const run = await link.call(() => trpc.runs.claim.mutate(input));
      link.noteClaim(run.runnerToken);
      return run;
    },
    register: (input) => link.call(async () => void (await trpc.runners.register.mutate(input))),
    heartbeat: (input, callOptions) =>
      link.call((ownOptions) => trpc.runs.heartbeat.mutate(input, ownOptions), callOptions),
    finishRun: (input) => link.call(async () => void (await trpc.runs.finish.mutate(input))),
    release: (input) => link.call(async () => void (await trpc.runs.release.mutate(input))),
    ackCommand: (input) => link.call(async () => void (await trpc.commands.ack.mutate(input))),
    finishCommand: (input) => link.call(async () => void (await trpc.commands.finish.mutate(input))),
    listCommands: (input) => link.call(async () => (await trpc.commands.list.query(input)).items),
    watchCommands: ({ runId, afterSeq }, onCommand) =>
      streamWithReconnect({
        afterSeq,
        onCommand,
        openMs: link.callTimeoutMs,
        onBroken: (error) => opts.onUnreachable?.(error),
        // tRPC's link reopens a broken stream by itself, but gives up at a response that is not a stream: web may be
        // starting.
        open: (seq, listener) =>
          trpc.commands.watch.subscribe(
            { runId, afterSeq: seq },
            { ...listener, onData: (item) => listener.onData(item.data as WatchedCommand) },
          ),
      }),
    appendEvents: (input) => link.call(async () => void (await trpc.events.append.mutate(input))),
    liveFrames: (input) => link.call(async () => void (await trpc.events.live.mutate(input))),
    requestApproval: (input) => link.call(() => trpc.approvals.request.mutate(input)),
    refreshStorage: (input, callOptions) =>
      link.call(async (ownOptions) => void (await trpc.storage.refresh.mutate(input, ownOptions)), callOptions),
    missingSegments: (input, callOptions) =>
      link.call(async (ownOptions) => (await trpc.archive.missing.mutate(input, ownOptions)).missing, callOptions),
    putSegment: async ({ digest, bytes, runId, leaseEpoch }, callOptions) => {
      const body = new Uint8Array(bytes);
      await requestSegment(link, digest, {
        query: runId === undefined ? {} : { runId, leaseEpoch: String(leaseEpoch) },
        method: "PUT",
        body,
        headers: { "content-type": "application/octet-stream" },
        signal: callOptions?.signal,
      });
    },
    getSegment: ({ digest, runId, leaseEpoch, sessionId }) =>
      requestSegment(link, digest, { query: { runId, leaseEpoch: String(leaseEpoch), sessionId }, method: "GET" }),
    commitManifest: (input, callOptions) =>
      link.call(async (ownOptions) => void (await trpc.archive.commit.mutate(input, ownOptions)), callOptions),
    storeArchive: (input) => link.call(async () => void (await trpc.archive.store.mutate(input))),
    getAttachment: async ({ attachmentId }, callOptions = {}) => {
      const attachment = await link.call(
        (ownOptions) => trpc.attachments.get.query({ attachmentId }, ownOptions),
        callOptions,
      );
      const content = `/api/v1/attachments/${encodeURIComponent(attachmentId)}/content`;
      return { attachment, bytes: await link.fetchBytes("an image", content, { method: "GET", ...callOptions }) };
    },
    getManifest: (sessionId) => link.call(async () => (await trpc.archive.manifest.query({ sessionId })).manifest),
  };
}

function requestSegment(
  link: ServerLink,
  digest: string,
  { query, ...request }: BytesRequest & { query: Record<string, string> },
): Promise<Buffer> {
  return link.fetchBytes("a segment", `/api/runner/segments/${digest}?${new URLSearchParams(query)}`, request);
}
