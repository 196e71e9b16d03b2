import { Readable } from "node:stream";
import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import { SEGMENT_BYTES_MAX } from "@/contract/archive";
import { IMAGE_BYTES_MAX } from "@/contract/image";
import { SSO_PATH } from "@/contract/sso";
import { OpenLiveInput } from "@/contract/watch";
import { NotFoundError, toAgentRunError, UnauthenticatedError } from "@/server/errors";
import { answerModel } from "@/server/gateway";
import { expiredCookieHeader, readBearer, signOut } from "@/server/identity";
import { OPENED, openConsoleStream, SINK_BUFFER_MAX_BYTES, type Sink, SSE_HEADERS } from "@/server/live";
import { errorAnswer, handleRest, isStreamPath, openApiDocument, openRestStream, type RestAnswer } from "@/server/rest";
import { admit, inputFault, type TrpcContext } from "@/server/trpc/init";
import { appRouter } from "@/server/trpc/root";
import { getWiring, type Wiring } from "@/server/wiring";
import { answerAttachment, isAttachmentBytes } from "./attachments";
import { assertGet, assertSignInOrigin, isSecure, parseSignInToken, signInWithToken } from "./auth";
import { contextOf, limitedContextOf } from "./caller";
import { answerDownload, isDownload } from "./downloads";
import { assertJsonType, assertPlain, bodyTooLarge, decodeUtf8, requestIdFrom } from "./exchange";
import { BODY_MAX_BYTES, MCP_BODY_MAX_BYTES, MODEL_BODY_MAX_BYTES, SIGN_IN_BODY_MAX_BYTES } from "./limits";
import { replyMcp } from "./mcp";
import { gatewayDeps, parseModelPath } from "./model";
import { keepAlive, stopKeepAlive } from "./node-sink";
import { runCronGc } from "./ops";
import { answerSegment, SEGMENTS_PATH } from "./segments";
import { beginSso, finishSso } from "./sso";
import { BATCH_MAX, refuseTrpc, TRPC_PATH } from "./trpc";

// Route handlers of Next for everything that the web process answers on Node's own server. They serve `next dev` and
// `next start`, and lead to the same procedures with the same checks.

type Call = { wiring: Wiring; request: Request; url: URL; requestId: string };
type Handler = (request: Request) => Promise<Response>;

function handler(handle: (call: Call) => Promise<Response>): Handler {
  return async (request) => {
    const wiring = getWiring();
    const requestId = requestIdFrom(request.headers.get("x-request-id"));
    try {
      const response = await handle({ wiring, request, url: new URL(request.url), requestId });
      response.headers.set("x-request-id", requestId);
      return response;
    } catch (error) {
      const fault = toAgentRunError(error);
      if (fault.reason === "unexpected") wiring.log.error({ err: fault.cause, requestId }, "unexpected error");
      return toResponse(errorAnswer(fault, requestId), requestId);
    }
  };
}

function toResponse({ status, headers, body }: RestAnswer, requestId: string): Response {
  return Response.json(body, {
    status,
    headers: { ...headers, "cache-control": "no-store", "x-request-id": requestId },
  });
}

/** Next does not provide the peer's address, so all callers share one limit here. */
const ADDRESS = "route-handler";

function contextFor({ wiring, request, requestId }: Call): Promise<TrpcContext> {
  const { method, headers } = request;
  return limitedContextOf(wiring, { method, headers, requestId, address: ADDRESS });
}

async function readText(request: Request, maxBytes: number): Promise<string> {
  const bytes = await readBytes(request, maxBytes);
  if (bytes.byteLength > 0) assertJsonType(request.headers);
  return decodeUtf8(bytes);
}

async function readBytes(request: Request, maxBytes: number, onBytes?: (count: number) => void): Promise<Buffer> {
  if (!request.body) return Buffer.alloc(0);
  if (Number(request.headers.get("content-length") ?? 0) > maxBytes) throw bodyTooLarge(maxBytes);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body as unknown as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size > maxBytes) throw bodyTooLarge(maxBytes);
    onBytes?.(chunk.byteLength);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

export const serveTrpc: Handler = handler(async (call) => {
  const { request, requestId, url } = call;
  const path = url.pathname.slice(TRPC_PATH.length);
  const refusal = refuseTrpc({ method: request.method, path, headers: request.headers, requestId });
  if (refusal) return Response.json(refusal.body, { status: refusal.status });
  return fetchRequestHandler({
    endpoint: TRPC_PATH.slice(0, -1),
    req: request,
    router: appRouter,
    maxBatchSize: BATCH_MAX,
    createContext: () => contextFor(call),
  });
});

export const serveRest: Handler = handler(async (call) => {
  const { wiring, request, url, requestId } = call;
  const path = url.pathname.slice("/api/v1".length);
  const ctx = await contextFor(call);
  const requestParts = {
    method: request.method,
    path: url.pathname,
    query: url.searchParams,
    headers: request.headers,
  };
  if (isAttachmentBytes(requestParts)) {
    const answer = await answerAttachment(ctx, requestParts, {
      holds: wiring.heldUploads,
      readBytes(onBytes) {
        assertPlain(request.headers);
        return readBytes(request, IMAGE_BYTES_MAX, onBytes);
      },
    });
    if ("attachment" in answer) return toResponse({ status: 200, headers: {}, body: answer.attachment }, requestId);
    const { bytes, headers } = answer;
    return bytes === null
      ? new Response(null, { status: 304, headers })
      : new Response(Buffer.from(bytes), { headers });
  }
  if (isDownload(requestParts)) {
    const { headers, body } = await answerDownload(ctx, requestParts);
    if (body === null) return new Response(null, { status: 304, headers });
    return new Response(Readable.toWeb(body) as ReadableStream, { headers });
  }
  if (!isStreamPath(path)) {
    const readBody = () => readText(request, BODY_MAX_BYTES);
    return toResponse(
      await handleRest(
        { method: request.method, path, query: url.searchParams, readBody, signal: request.signal },
        ctx,
      ),
      requestId,
    );
  }
  const lastEventId = request.headers.get("last-event-id");
  return serveStream(call, ctx, async (signal) => {
    const opened = await openRestStream(
      { method: request.method, path, query: url.searchParams, lastEventId },
      ctx,
      signal,
    );
    return opened?.write ?? null;
  });
});

export const serveLive: Handler = handler(async (call) => {
  const { request, url, wiring } = call;
  const ctx = await contextFor(call);
  return serveStream(call, ctx, (signal) => {
    const service = admit("viewer", { ctx, path: "live", type: "subscription" });
    const parsed = OpenLiveInput.safeParse(Object.fromEntries(url.searchParams));
    if (!parsed.success) throw inputFault(parsed.error);
    const lastEventId = request.headers.get("last-event-id") ?? undefined;
    return openConsoleStream(service, wiring.live, { ...parsed.data, lastEventId }, signal);
  });
});

async function serveStream(
  { wiring, request }: Call,
  ctx: TrpcContext,
  open: (signal: AbortSignal) => Promise<((sink: Sink) => Promise<void>) | null>,
): Promise<Response> {
  if (!ctx.service) throw ctx.fault ?? new UnauthenticatedError();
  const stream = wiring.live.streams.open(ctx.service.actor, request.signal);
  try {
    const write = await open(stream.signal);
    if (write === null) {
      stream.close();
      return new Response(null, { status: 204 });
    }
    return new Response(streamBody(stream, write), { headers: SSE_HEADERS });
  } catch (error) {
    stream.close();
    throw error;
  }
}

/** Adapts a web stream to a sink, with the same maximum backlog. */
function streamBody(
  stream: { signal: AbortSignal; close(): void },
  write: (sink: Sink) => Promise<void>,
): ReadableStream<Uint8Array> {
  let isOpen = true;
  let resolveDrain = () => {};
  let drainPromise: Promise<void> | null = null;
  const strategy = new ByteLengthQueuingStrategy({ highWaterMark: SINK_BUFFER_MAX_BYTES });
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        const sink: Sink = {
          write(chunk) {
            if (!isOpen) return;
            if ((controller.desiredSize ?? 0) <= 0) sink.end();
            else controller.enqueue(chunk);
          },
          end() {
            stopKeepAlive(sink);
            if (!isOpen) return;
            isOpen = false;
            resolveDrain();
            stream.close();
            controller.close();
          },
          async drained() {
            if (!isOpen || (controller.desiredSize ?? 0) >= SINK_BUFFER_MAX_BYTES / 2) return;
            // One promise for all writers: a tab's stream has several feeds.
            drainPromise ??= new Promise<void>((resolve) => {
              resolveDrain = () => {
                drainPromise = null;
                resolve();
              };
            });
            await drainPromise;
          },
        };
        keepAlive(sink);
        stream.signal.addEventListener("abort", () => sink.end(), { once: true });
        sink.write(OPENED);
        write(sink).then(sink.end, sink.end);
      },
      pull: (controller) => {
        if ((controller.desiredSize ?? 0) >= SINK_BUFFER_MAX_BYTES / 2) resolveDrain();
      },
      cancel() {
        // The reader has left, so its stream need not be closed any more.
        isOpen = false;
        resolveDrain();
        stream.close();
      },
    },
    strategy,
  );
}

export const serveMcp: Handler = handler(async ({ wiring, request, requestId }) => {
  const { method, headers, signal } = request;
  const requestParts = { method, headers, requestId, address: ADDRESS, signal };
  const reply = await replyMcp(wiring, { ...requestParts, readText: () => readText(request, MCP_BODY_MAX_BYTES) });
  return new Response(reply.body === "" ? null : reply.body, { status: reply.status, headers: reply.headers });
});

export const serveOpenApi: Handler = handler(async ({ requestId }) =>
  toResponse({ status: 200, headers: {}, body: openApiDocument() }, requestId),
);

export const serveCronGc: Handler = handler(async ({ wiring, request, requestId }) =>
  toResponse(
    { status: 200, headers: {}, body: await runCronGc(wiring, request.headers.get("authorization"), requestId) },
    requestId,
  ),
);

export const serveAuth: Handler = handler(async (call) => {
  const { wiring, request, url, requestId } = call;
  if (url.pathname === "/api/auth/sign-out") {
    const { service, fault } = await contextOf(wiring, { method: request.method, headers: request.headers, requestId });
    if (fault?.reason === "origin-refused") throw fault;
    if (service) await signOut(service, wiring.authenticator);
    return toResponse(
      { status: 200, headers: { "set-cookie": expiredCookieHeader(isSecure(wiring)) }, body: {} },
      requestId,
    );
  }
  if (url.pathname !== "/api/auth/sign-in") throw new NotFoundError("route", url.pathname.slice(0, 200));
  assertSignInOrigin(wiring, { method: request.method, headers: request.headers });
  const token = parseSignInToken(await readText(request, SIGN_IN_BODY_MAX_BYTES));
  const cookie = await signInWithToken(wiring, { token, address: ADDRESS, requestId });
  return toResponse({ status: 200, headers: { "set-cookie": cookie }, body: {} }, requestId);
});

/** Serves both steps of a sign-in at a provider, by the requested path. */
export const serveSso: Handler = handler(async ({ wiring, request, url, requestId }) => {
  assertGet(request.method);
  const answer = url.pathname === SSO_PATH ? beginSso : finishSso;
  const call = { query: url.searchParams, headers: request.headers, address: ADDRESS, requestId };
  const { status, headers, cookies, body } = await answer(wiring, call);
  const response = new Response(body, { status, headers });
  for (const cookie of cookies) response.headers.append("set-cookie", cookie);
  return response;
});

export const serveModel: Handler = handler(async ({ wiring, request, url }) => {
  const target = parseModelPath(url.pathname);
  if (!target) throw new NotFoundError("route", url.pathname.slice(0, 200));
  const { method, headers, signal } = request;
  const token = readBearer(headers.get("authorization"));
  const answer = await answerModel(gatewayDeps(wiring, ADDRESS), {
    ...target,
    method,
    token,
    headers,
    signal,
    readBody: () => readText(request, MODEL_BODY_MAX_BYTES),
  });
  const stream = Readable.toWeb(Readable.from(answer.body)) as ReadableStream<Uint8Array>;
  return new Response(stream, {
    status: answer.status,
    headers: { ...answer.headers, "cache-control": "no-cache, no-transform" },
  });
});

export const serveSegment: Handler = handler(async (call) => {
  const { request, url, requestId } = call;
  const requestParts = {
    method: request.method,
    sha256: url.pathname.slice(SEGMENTS_PATH.length),
    query: url.searchParams,
  };
  const answer = await answerSegment({ ...requestParts, ctx: await contextFor(call) }, () => {
    assertPlain(request.headers);
    return readBytes(request, SEGMENT_BYTES_MAX);
  });
  if (!(answer instanceof Uint8Array)) return toResponse({ status: 200, headers: {}, body: answer }, requestId);
  const headers = { "content-type": "application/octet-stream", "cache-control": "no-store" };
  return new Response(Buffer.from(answer), { headers });
});
