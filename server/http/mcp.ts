import { AgentRunError, ForbiddenError, toAgentRunError, UnauthenticatedError } from "@/server/errors";
import { assertOwnOrigin } from "@/server/identity";
import { answerMcp, type McpAnswer } from "@/server/mcp";
import { errorAnswer } from "@/server/rest";
import type { TrpcContext } from "@/server/trpc/init";
import type { Wiring } from "@/server/wiring";
import { type CallRequest, limitedContextOf } from "./caller";
import { type Exchange, type HeaderReader, readJsonText } from "./exchange";
import { MCP_BODY_MAX_BYTES } from "./limits";

export const MCP_PATH = "/api/mcp";

type McpRequest = CallRequest & { address: string; signal: AbortSignal; readText: () => Promise<string> };
export type McpReply = { status: number; headers: Record<string, string>; body: string };

/** Handles a message of the Model Context Protocol on Node's own server. */
export async function handleMcp(exchange: Exchange): Promise<void> {
  const { wiring, req, res, headers } = exchange;
  const disconnect = new AbortController();
  res.once("close", () => disconnect.abort());
  const readText = () => readJsonText(req, headers, MCP_BODY_MAX_BYTES);
  const reply = await replyMcp(wiring, { ...exchange, signal: disconnect.signal, readText });
  // Unread bytes of a refused body would be taken for the next request.
  if (!req.complete) res.setHeader("connection", "close");
  res.writeHead(reply.status, { ...reply.headers, "content-length": Buffer.byteLength(reply.body) });
  res.end(reply.body);
}

/** Admits a caller and answers its message. Refusals before that have the same form as everywhere. Never throws. */
export async function replyMcp(wiring: Wiring, request: McpRequest): Promise<McpReply> {
  try {
    const ctx = await admitClient(wiring, request);
    const message = {
      headers: protocolHeaders(request.headers),
      signal: request.signal,
      text: await request.readText(),
    };
    return toReply(await answerMcp(message, ctx));
  } catch (error) {
    const fault = toAgentRunError(error);
    if (fault.reason === "unexpected")
      wiring.log.error({ err: fault.cause, requestId: request.requestId }, "unexpected error");
    const { status, headers, body } = errorAnswer(fault, request.requestId);
    // Clients take this header as the request for a token.
    if (status === 401) headers["www-authenticate"] = "Bearer";
    return { status, headers: { ...headers, ...JSON_HEADERS }, body: JSON.stringify(body) };
  }
}

const JSON_HEADERS = { "content-type": "application/json; charset=utf-8", "cache-control": "no-store" };

async function admitClient(wiring: Wiring, request: McpRequest): Promise<TrpcContext> {
  const { method, headers } = request;
  if (method !== "POST")
    throw new AgentRunError("schema-invalid", "method-not-allowed", "this server keeps no streams: send POST", {
      details: { allow: ["POST"] },
    });
  // A page of another site is refused, whatever token it has obtained.
  const origin = { method, origin: headers.get("origin"), fetchSite: headers.get("sec-fetch-site") };
  assertOwnOrigin({ ...origin, host: headers.get("host") }, wiring.settings.publicUrl, false);
  const ctx = await limitedContextOf(wiring, { ...request, headers: withoutCookie(headers) });
  if (!ctx.service) throw ctx.fault ?? new UnauthenticatedError();
  if (ctx.service.actor.kind !== "operator")
    throw new ForbiddenError("this is for the tokens of programs and people, which are made under Settings");
  return ctx;
}

/** Only a program's token is accepted here, not a browser's cookie. */
function withoutCookie(headers: HeaderReader): HeaderReader {
  return { get: (name) => (name === "cookie" ? null : headers.get(name)) };
}

/** The protocol's own headers; no other header, above all not the token, is passed on. */
const PROTOCOL_HEADERS = ["accept", "content-type", "mcp-protocol-version", "mcp-method", "mcp-name"];

function protocolHeaders(headers: HeaderReader): Headers {
  const forwarded = new Headers();
  for (const name of PROTOCOL_HEADERS) {
    const value = headers.get(name);
    if (value !== null) forwarded.set(name, value);
  }
  return forwarded;
}

function toReply({ status, contentType, body }: McpAnswer): McpReply {
  const headers: Record<string, string> = { "cache-control": "no-store" };
  if (contentType !== null) headers["content-type"] = contentType;
  return { status, headers, body };
}
