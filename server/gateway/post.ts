import { type ClientRequest, type IncomingMessage, Agent as PlainAgent, request as requestPlain } from "node:http";
import { request as requestSecure, Agent as SecureAgent } from "node:https";

/** An unused connection is closed before proxies in front of providers do so, many of them after five seconds. */
const IDLE_TIMEOUT_MS = 4_000;

/** With this mark a paused connection is not read any further; by Node's default it would read another 64 KB. */
const CONNECTION_OPTIONS = { keepAlive: true, timeout: IDLE_TIMEOUT_MS, highWaterMark: 1 };
const agents = { http: new PlainAgent(CONNECTION_OPTIONS), https: new SecureAgent(CONNECTION_OPTIONS) };

export type Posted = { status: number; headers: Headers; body: IncomingMessage };
type PostOptions = {
  headers: Headers;
  body: string;
  signal: AbortSignal;
  /** How long connecting to the machine may take. */
  connectMs: number;
};

/**
 * Posts JSON and returns the head of the answer, whatever its status. Redirects are not followed. The body is Node's
 * own stream: the one that `fetch` makes of it costs as much for each piece as everything else that a gateway does with
 * it. Aborting the signal ends the request, and its body with an error.
 *
 * @throws Node's error for a connection that was not made, or broke off before an answer.
 */
export function post(url: URL, { body, ...options }: PostOptions): Promise<Posted> {
  options.signal.throwIfAborted();
  const { request, response } = openRequest(url, options);
  // Here, where no listener's closure is: listeners live as long as the answer and would keep the request in memory.
  request.end(body);
  return response;
}

type OpenRequest = { request: ClientRequest; response: Promise<Posted> };

function openRequest(url: URL, { headers, signal, connectMs }: Omit<PostOptions, "body">): OpenRequest {
  const isSecure = url.protocol === "https:";
  const request = (isSecure ? requestSecure : requestPlain)(url, {
    method: "POST",
    agent: isSecure ? agents.https : agents.http,
    headers: {
      // Some proxies refuse clients that do not identify themselves.
      "user-agent": "agentrun",
      accept: "*/*",
      "accept-encoding": "identity",
      ...Object.fromEntries(headers),
    },
  });
  const abort = () =>
    request.destroy(signal.reason instanceof Error ? signal.reason : new Error("the caller has gone"));
  signal.addEventListener("abort", abort, { once: true });
  request.once("close", () => signal.removeEventListener("abort", abort));
  request.once("socket", (socket) => {
    if (!socket.connecting) return;
    const timeout = setTimeout(() => request.destroy(new Error("the connection was not made in time")), connectMs);
    const clear = () => clearTimeout(timeout);
    socket.once(isSecure ? "secureConnect" : "connect", clear);
    request.once("close", clear);
  });
  const response = new Promise<Posted>((resolve, reject) => {
    request.on("error", reject);
    // What is not an answer, such as a switch to another protocol (101), ends the request without an error of Node's.
    request.once("close", () => reject(new Error("the connection was closed without an answer")));
    request.once("response", (answer) => {
      resolve({ status: answer.statusCode ?? 0, headers: headersOf(answer), body: answer });
    });
  });
  return { request, response };
}

function headersOf({ rawHeaders }: IncomingMessage): Headers {
  const headers = new Headers();
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) headers.append(rawHeaders[at] ?? "", rawHeaders[at + 1] ?? "");
  return headers;
}
