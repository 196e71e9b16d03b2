import { type ClientRequest, type IncomingMessage, Agent as PlainAgent, request as requestPlain } from "node:http";
import { request as requestSecure, Agent as SecureAgent } from "node:https";

/** An unused connection is closed before proxies in front of providers do so, many of them after five seconds. */
const UNUSED_MS = 4_000;

/** With this mark a paused connection is not read any further; by Node's default it would read another 64 KB. */
const CONNECTION = { keepAlive: true, timeout: UNUSED_MS, highWaterMark: 1 };
const agents = { http: new PlainAgent(CONNECTION), https: new SecureAgent(CONNECTION) };

export type Posted = { status: number; headers: Headers; body: IncomingMessage };
type Post = {
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
export function post(url: URL, { body, ...more }: Post): Promise<Posted> {
  more.signal.throwIfAborted();
  const { asked, answered } = open(url, more);
  // Here, where no listener's closure is: listeners live as long as the answer and would keep the request in memory.
  asked.end(body);
  return answered;
}

type Opened = { asked: ClientRequest; answered: Promise<Posted> };

function open(url: URL, { headers, signal, connectMs }: Omit<Post, "body">): Opened {
  const isSecure = url.protocol === "https:";
  const asked = (isSecure ? requestSecure : requestPlain)(url, {
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
  const leave = () => asked.destroy(signal.reason instanceof Error ? signal.reason : new Error("the caller has gone"));
  signal.addEventListener("abort", leave, { once: true });
  asked.once("close", () => signal.removeEventListener("abort", leave));
  asked.once("socket", (socket) => {
    if (!socket.connecting) return;
    const patience = setTimeout(() => asked.destroy(new Error("the connection was not made in time")), connectMs);
    const settle = () => clearTimeout(patience);
    socket.once(isSecure ? "secureConnect" : "connect", settle);
    asked.once("close", settle);
  });
  const answered = new Promise<Posted>((resolve, reject) => {
    asked.on("error", reject);
    // What is not an answer, such as a switch to another protocol (101), ends the request without an error of Node's.
    asked.once("close", () => reject(new Error("the connection was closed without an answer")));
    asked.once("response", (answer) => {
      resolve({ status: answer.statusCode ?? 0, headers: headersOf(answer), body: answer });
    });
  });
  return { asked, answered };
}

function headersOf({ rawHeaders }: IncomingMessage): Headers {
  const headers = new Headers();
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) headers.append(rawHeaders[at] ?? "", rawHeaders[at + 1] ?? "");
  return headers;
}
