import { ADMIN_TOKEN } from "@/server/test/web";

export const ACCEPT = "application/json, text/event-stream";
export const REVISION = "2025-11-25";

type Sent = { body: unknown; token?: string | null; headers?: Record<string, string>; method?: string };
export type Replied = { status: number; headers: Headers; body: unknown };

/** Sends anything as a message; text is sent unchanged. */
export async function sendMcp(url: string, { body, token = ADMIN_TOKEN, headers, method = "POST" }: Sent) {
  const response = await fetch(`${url}/api/mcp`, {
    method,
    headers: {
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...{ "content-type": "application/json", accept: ACCEPT, "mcp-protocol-version": REVISION },
      ...headers,
    },
    ...(method === "GET" ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === "" ? null : JSON.parse(text) } as Replied;
}

export type Result = { structuredContent: Record<string, unknown>; content: { text: string }[]; isError?: boolean };

/** Makes a client that sees the tools as the owner of a token does. */
export function mcpClient(url: string, token?: string) {
  let id = 0;
  const ask = async (method: string, params: object = {}) => {
    id += 1;
    const { body } = await sendMcp(url, { body: { jsonrpc: "2.0", id, method, params }, token });
    return body as { id: number; result?: unknown; error?: { code: number; message: string } };
  };
  const call = async (name: string, args: object = {}): Promise<Result> => {
    const { result, error } = await ask("tools/call", { name, arguments: args });
    if (error) throw new Error(`${name}: ${error.code} ${error.message}`);
    return result as Result;
  };
  return {
    ask,
    call,
    /** Calls a tool that must succeed, and returns its answer. */
    async ok(name: string, args: object = {}) {
      const { structuredContent, isError, content } = await call(name, args);
      if (isError) throw new Error(`${name}: ${content[0]?.text}`);
      // biome-ignore lint/suspicious/noExplicitAny: a test looks into it by what it expects.
      return structuredContent as Record<string, any>;
    },
    /** Calls a tool that must be refused, and returns the reason. */
    async refusal(name: string, args: object = {}) {
      const { isError, structuredContent } = await call(name, args);
      return isError ? (structuredContent.error as { reason: string }).reason : null;
    },
    async tools() {
      const { result } = await ask("tools/list");
      return (result as { tools: ListedTool[] }).tools;
    },
  };
}

export type ListedTool = {
  name: string;
  description: string;
  inputSchema: { type: string; properties?: Record<string, { description?: string }>; additionalProperties?: boolean };
  annotations: Record<string, boolean>;
};
