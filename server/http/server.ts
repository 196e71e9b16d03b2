import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { SSO_CALLBACK_PATH, SSO_PATH } from "@/contract/sso";
import { NotFoundError } from "@/server/errors";
import { readHealth } from "@/server/health";
import { handleRest, isStreamPath, openApiDocument } from "@/server/rest";
import type { Wiring } from "@/server/wiring";
import { handleAttachment, isAttachmentBytes } from "./attachments";
import { assertGet, handleAuth, handleSignInLink, isSecure } from "./auth";
import { limitedContextOf } from "./caller";
import { handleDownload, isDownload } from "./downloads";
import { type Exchange, openExchange, readJsonText, sendAnswer, sendError, sendJson } from "./exchange";
import { BODY_MAX_BYTES } from "./limits";
import { handleMcp, MCP_PATH } from "./mcp";
import { handleModel, isModelPath } from "./model";
import { handleCronGc, handleHealthz, handleMetrics, handleReadyz } from "./ops";
import { preparePage, setCommonHeaders } from "./page-headers";
import { handleSegment, SEGMENTS_PATH } from "./segments";
import { beginSso, finishSso } from "./sso";
import { handleConsoleStream, handleRestStream } from "./streams";
import { handleTrpc, TRPC_PATH } from "./trpc";

const REST_PREFIX = "/api/v1";
const HEADERS_TIMEOUT_MS = 20_000;
/** The limit for a whole request; archives and models take long. */
const REQUEST_TIMEOUT_MS = 10 * 60_000;

const KEEP_ALIVE_TIMEOUT_MS = 65_000;

/** Serves everything outside the API; null: there are no pages. */
export type Pages = (req: IncomingMessage, res: ServerResponse) => Promise<void>;

type Handler = { route: string; isStream?: boolean; run: (exchange: Exchange) => Promise<void> | void };

/** Creates the web process's one HTTP server: the API's fast path, with Next behind it for the pages. */
export function createWebServer(wiring: Wiring, pages: Pages | null): Server {
  const server = createServer((req, res) => void handleRequest(wiring, pages, { req, res }));
  server.headersTimeout = HEADERS_TIMEOUT_MS;
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  // Longer than proxies keep theirs, so that no proxy sends a request into a connection that is closing.
  server.keepAliveTimeout = KEEP_ALIVE_TIMEOUT_MS;
  // Upgrades are refused; without a listener Node would leave them to Next.
  server.on("upgrade", (_req, socket) => socket.destroy());
  return server;
}

async function handleRequest(
  wiring: Wiring,
  pages: Pages | null,
  { req, res }: { req: IncomingMessage; res: ServerResponse },
): Promise<void> {
  const startedAt = performance.now();
  setCommonHeaders(res, isSecure(wiring));
  let exchange: Exchange;
  try {
    exchange = openExchange(wiring, req, res);
  } catch (error) {
    sendError({ wiring, res, requestId: String(res.getHeader("x-request-id") ?? "none") }, error);
    return;
  }
  const handler = findRouteSafely(exchange, pages);
  res.once("close", () => {
    wiring.metrics.requests.inc({ route: handler.route, status: String(res.statusCode) });
    if (!handler.isStream)
      wiring.metrics.requestSeconds.observe({ route: handler.route }, (performance.now() - startedAt) / 1_000);
  });
  try {
    await handler.run(exchange);
  } catch (error) {
    sendError(exchange, error);
  }
}

/** Finds the handler. For an address that cannot be read, that is one which answers what is wrong with it. */
function findRouteSafely(exchange: Exchange, pages: Pages | null): Handler {
  try {
    return findRoute(exchange, pages);
  } catch (error) {
    return { route: "none", run: () => sendError(exchange, error) };
  }
}

function findRoute(exchange: Exchange, pages: Pages | null): Handler {
  const { path } = exchange;
  if (path.startsWith(TRPC_PATH)) return { route: "trpc", run: handleTrpc };
  if (isAttachmentBytes(exchange)) return { route: "attachments", run: handleAttachment };
  // It may take as long as its caller reads, so its duration says nothing about the server.
  if (isDownload(exchange)) return { route: "files", isStream: true, run: handleDownload };
  if (path.startsWith(`${REST_PREFIX}/`)) return findRestRoute(path.slice(REST_PREFIX.length));
  if (isModelPath(path)) return { route: "model", isStream: true, run: handleModel };
  if (path.startsWith(SEGMENTS_PATH)) return { route: "segments", run: handleSegment };
  if (path.startsWith("/api/auth/")) return findAuthRoute(path);
  switch (path) {
    case "/api/live":
      return { route: "live", isStream: true, run: handleConsoleStream };
    case MCP_PATH:
      // It may wait for a turn, so its duration says nothing about the server.
      return { route: "mcp", isStream: true, run: handleMcp };
    case "/api/openapi.json":
      return { route: "openapi", run: ({ res }) => sendJson(res, 200, openApiDocument()) };
    case "/api/cron/gc":
      return { route: "cron", run: handleCronGc };
    case "/healthz":
      return { route: "healthz", run: handleHealthz };
    case "/readyz":
      return { route: "readyz", run: handleReadyz };
    case "/metrics":
      return { route: "metrics", run: handleMetrics };
    case "/sign-in":
      if (exchange.query.has("token")) return { route: "sign-in", run: handleSignInLink };
      break;
  }
  if (path.startsWith("/api/") || path === "/api" || !pages) return { route: "none", run: sendRouteNotFound };
  return { route: "pages", run: (exchange) => answerPage(exchange, pages) };
}

/**
 * Answers a page. An open console that asks for another page is told before it is made when the server is not ready: it
 * keeps the page that it has and asks again. A page that broke halfway could only say so in that page's place.
 */
async function answerPage({ wiring, req, res, path }: Exchange, pages: Pages): Promise<void> {
  // The status page is there to say what is away.
  if (isRouteRequest(req) && path !== "/status") {
    const health = await readHealth(wiring.health);
    if (!health.ready) return sendJson(res, 503, health);
  }
  preparePage(req, res);
  await pages(req, res);
}

/** Whether a console's router asks for a page that somebody wants to see, and not ahead of a press. */
function isRouteRequest({ headers }: IncomingMessage): boolean {
  return "rsc" in headers && !("next-router-prefetch" in headers) && !("next-router-segment-prefetch" in headers);
}

function findRestRoute(path: string): Handler {
  if (isStreamPath(path))
    return { route: "rest-stream", isStream: true, run: (exchange) => handleRestStream(exchange, path) };
  return { route: "rest", run: (exchange) => answerRest(exchange, path) };
}

function findAuthRoute(path: string): Handler {
  if (path === SSO_PATH) return { route: "auth", run: (exchange) => answerSso(exchange, beginSso) };
  if (path === SSO_CALLBACK_PATH) return { route: "auth", run: (exchange) => answerSso(exchange, finishSso) };
  const isKnown = path === "/api/auth/sign-in" || path === "/api/auth/sign-out";
  return { route: "auth", run: isKnown ? handleAuth : sendRouteNotFound };
}

async function answerSso(exchange: Exchange, respond: typeof beginSso): Promise<void> {
  assertGet(exchange.method);
  const { status, headers, cookies, body } = await respond(exchange.wiring, exchange);
  exchange.res.writeHead(status, { ...headers, "set-cookie": cookies }).end(body);
}

async function answerRest(exchange: Exchange, path: string): Promise<void> {
  const { wiring, req, res, method, query, headers } = exchange;
  const ctx = await limitedContextOf(wiring, exchange);
  const disconnect = new AbortController();
  res.once("close", () => disconnect.abort());
  const readBody = () => readJsonText(req, headers, BODY_MAX_BYTES);
  const result = await handleRest({ method, path, query, readBody, signal: disconnect.signal }, ctx);
  // Unread bytes of a refused body would be taken for the next request.
  if (!req.complete) res.setHeader("connection", "close");
  sendAnswer(res, result);
}

function sendRouteNotFound(exchange: Exchange): void {
  sendError(exchange, new NotFoundError("route", exchange.path.slice(0, 200)));
}
