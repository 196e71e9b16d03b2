import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { AgentRunError, InvalidInputError, toAgentRunError } from "@/server/errors";
import { errorAnswer, type RestAnswer } from "@/server/rest";
import type { Wiring } from "@/server/wiring";

/** One request until it is answered. */
export type Exchange = {
  wiring: Wiring;
  req: IncomingMessage;
  res: ServerResponse;
  method: string;
  /** Percent-encoded, with dot segments resolved. */
  path: string;
  query: URLSearchParams;
  requestId: string;
  headers: HeaderReader;
  /** The peer's address, which may be a proxy's. */
  address: string;
};
export type HeaderReader = { get(name: string): string | null };

const REQUEST_ID = /^[A-Za-z0-9_.:-]{1,128}$/;

/** Returns the caller's own id for a request if it is valid, so that its log and ours can be matched. */
export function requestIdFrom(requested: string | null): string {
  return requested !== null && REQUEST_ID.test(requested) ? requested : randomUUID();
}

export function openExchange(wiring: Wiring, req: IncomingMessage, res: ServerResponse): Exchange {
  const headers = headersOf(req);
  const requestId = requestIdFrom(headers.get("x-request-id"));
  const target = req.url ?? "/";
  // An absolute-form target names a host, which is ignored here; `//host` would be parsed as a host.
  const url = URL.parse(target.startsWith("/") ? `http://here${target}` : target);
  res.setHeader("x-request-id", requestId);
  if (!url) throw new InvalidInputError("the address is not valid");
  return {
    wiring,
    req,
    res,
    method: req.method ?? "GET",
    path: url.pathname,
    query: url.searchParams,
    requestId,
    headers,
    address: req.socket.remoteAddress ?? "unknown",
  };
}

function headersOf(req: IncomingMessage): HeaderReader {
  return {
    get(name) {
      const value = req.headers[name];
      return Array.isArray(value) ? value.join(", ") : (value ?? null);
    },
  };
}

export function sendJson(
  res: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  if (res.headersSent) {
    res.destroy();
    return;
  }
  const text = JSON.stringify(body);
  res.writeHead(status, {
    "content-type": "application/json; charset=utf-8",
    "content-length": Buffer.byteLength(text),
    "cache-control": "no-store",
    ...headers,
  });
  res.end(text);
}

export function sendAnswer(res: ServerResponse, answer: RestAnswer): void {
  sendJson(res, answer.status, answer.body, answer.headers);
}

/**
 * Answers with an error in the contract's shape. An unexpected error is logged, and the answer has only the request's
 * id.
 */
export function sendError(exchange: Pick<Exchange, "wiring" | "res" | "requestId">, error: unknown): void {
  const fault = toAgentRunError(error);
  const { wiring, res, requestId } = exchange;
  if (fault.reason === "unexpected") wiring.log.error({ err: fault.cause, requestId }, "unexpected error");
  sendAnswer(res, errorAnswer(fault, requestId));
}

/**
 * Refuses a body that cannot be JSON before any of it is read. Refuses compressed bodies too: a few bytes could expand
 * to any size.
 */
export function assertJsonType(headers: HeaderReader): void {
  assertPlain(headers);
  const type = headers.get("content-type");
  if (type === null || !/^application\/json *(;|$)/i.test(type)) {
    throw new AgentRunError("schema-invalid", "unsupported-media-type", "send the body as application/json");
  }
}

export function assertPlain(headers: HeaderReader): void {
  const encoding = headers.get("content-encoding");
  if (encoding !== null && encoding.toLowerCase() !== "identity") {
    throw new AgentRunError("schema-invalid", "unsupported-media-type", "send the body without content-encoding");
  }
}

export function bodyTooLarge(maxBytes: number): AgentRunError {
  return new AgentRunError(
    "schema-invalid",
    "body-too-large",
    `the body has more than ${maxBytes} bytes: send less at once`,
  );
}

/** Reads a body of bounded size. One that announces too many bytes is refused unread; `onBytes` may refuse as well. */
export async function readBody(
  req: IncomingMessage,
  maxBytes: number,
  onBytes?: (bytes: number) => void,
): Promise<Buffer> {
  if (Number(req.headers["content-length"] ?? 0) > maxBytes) throw bodyTooLarge(maxBytes);
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of req) {
    const bytes = chunk as Buffer;
    size += bytes.length;
    if (size > maxBytes) throw bodyTooLarge(maxBytes);
    onBytes?.(bytes.length);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks, size);
}

type BodyBound = { maxBytes: number; onBytes: (bytes: number) => void };

/** Reads a body that must be JSON text. No body counts as an empty text. */
export async function readJsonText(
  req: IncomingMessage,
  headers: HeaderReader,
  bound: number | BodyBound,
): Promise<string> {
  const isEmpty = req.headers["transfer-encoding"] === undefined && Number(req.headers["content-length"] ?? 0) === 0;
  if (isEmpty) return "";
  assertJsonType(headers);
  const body = typeof bound === "number" ? readBody(req, bound) : readBody(req, bound.maxBytes, bound.onBytes);
  return decodeUtf8(await body);
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new InvalidInputError("the body is not valid UTF-8");
  }
}
