import {
  createMcpHandler,
  isJSONRPCNotification,
  isJSONRPCRequest,
  isJSONRPCResponse,
  isLegacyRequest,
  WebStandardStreamableHTTPServerTransport,
} from "@modelcontextprotocol/server";
import type { TrpcContext } from "@/server/trpc/init";
import { callerOf } from "./caller";
import { mcpServer } from "./server";
import type { ToolCall } from "./tool";

/** A message as received: its headers, and its body as text. */
export type McpMessage = { headers: Headers; text: string; signal: AbortSignal };
/** `body` is JSON text, or empty for an answer without content. */
export type McpAnswer = { status: number; contentType: string | null; body: string };

/** Handles clients of revision 2026-07-28 and later: each of their requests itself says who asks and how. */
const modern = createMcpHandler(({ authInfo }) => mcpServer(callIn(authInfo)), {
  legacy: "reject",
  maxSubscriptions: 0,
});

/** Answers one message of the Model Context Protocol for an admitted caller. Nothing is kept between messages. */
export async function answerMcp(message: McpMessage, ctx: TrpcContext): Promise<McpAnswer> {
  const { signal } = message;
  let body: unknown;
  try {
    body = JSON.parse(message.text);
  } catch {
    return protocolError(-32_700, "Parse error: the body is not valid JSON");
  }
  if (!isJSONRPCRequest(body) && !isJSONRPCNotification(body) && !isJSONRPCResponse(body))
    return protocolError(-32_600, "Invalid Request: send one JSON-RPC 2.0 message, and no batch");
  const call: ToolCall = {
    ctx,
    signal,
    api: callerOf(ctx, signal),
    apiUntil: (sooner) => callerOf(ctx, sooner),
  };
  const request = new Request("http://agentrun/api/mcp", { method: "POST", headers: message.headers, signal });
  const response = (await isLegacyRequest(request, body))
    ? await answerLegacy(request, body, call)
    : await modern.fetch(request, { parsedBody: body, authInfo: infoOf(call) });
  return { status: response.status, contentType: response.headers.get("content-type"), body: await response.text() };
}

/** Handles clients that begin with `initialize`: each later request repeats in a header what was agreed then. */
async function answerLegacy(request: Request, parsedBody: unknown, call: ToolCall): Promise<Response> {
  const server = mcpServer(call);
  const transport = new WebStandardStreamableHTTPServerTransport({ enableJsonResponse: true });
  await server.connect(transport);
  try {
    return await transport.handleRequest(request, { parsedBody });
  } finally {
    await server.close();
  }
}

function protocolError(code: number, message: string): McpAnswer {
  const body = JSON.stringify({ jsonrpc: "2.0", error: { code, message }, id: null });
  return { status: 400, contentType: "application/json", body };
}

type AuthInfo = NonNullable<NonNullable<Parameters<typeof modern.fetch>[1]>["authInfo"]>;

/** Passes the call from a request to its server; the library reads none of it. */
function infoOf(call: ToolCall): AuthInfo {
  return { token: "", clientId: "", scopes: [], extra: { call } };
}

function callIn(authInfo: AuthInfo | undefined): ToolCall {
  return authInfo?.extra?.call as ToolCall;
}
