import { request as requestPlain } from "node:http";
import { request as requestSecure } from "node:https";
import { VERSION } from "@/server/version";
import { addressIn, isPublicAddress, publicLookup } from "./public-address";

/** How long a receiver may take, from the look-up of its name to its answer's head. */
const ANSWER_MS = 15_000;
const STOPPED = "this program was stopped";

export type Message = {
  url: string;
  headers: Record<string, string>;
  body: string;
  /** Whether only an address of the Internet at large may be sent to. */
  isPublicOnly: boolean;
  /** Who is asked for public addresses; those of the machine unless told. */
  nameServers?: string[];
};
/** What became of one try. `status` null: nothing was answered, and `error` says why. */
export type Sent = { status: number | null; error: string | null; retryAfterMs: number | null };

/**
 * Posts a message and waits for the head of its answer, whose body nobody reads. No redirect is followed: it would carry
 * the message where nobody asked for it. Whatever goes wrong on the way is told; what
 * cannot be begun at all, as by an address that Node refuses, is thrown.
 */
export function sendMessage(message: Message, stop: AbortSignal, answerMs = ANSWER_MS): Promise<Sent> {
  return new Promise((resolve) => {
    if (stop.aborted) return resolve(unanswered(STOPPED));
    const url = new URL(message.url);
    const literal = addressIn(url);
    if (message.isPublicOnly && literal !== null && !isPublicAddress(literal))
      return resolve(unanswered("its address is not a public one"));
    const asked = (url.protocol === "https:" ? requestSecure : requestPlain)(url, {
      method: "POST",
      // A connection of its own, so that whom it reaches was checked for it.
      agent: false,
      headers: {
        ...message.headers,
        "content-type": "application/json",
        "content-length": Buffer.byteLength(message.body),
        "user-agent": `agentrun/${VERSION}`,
      },
      ...(message.isPublicOnly ? { lookup: publicLookup(message.nameServers) } : {}),
    });
    const leave = (why: string) => asked.destroy(new Error(why));
    const patience = setTimeout(() => leave(`no answer within ${answerMs / 1_000} s`), answerMs);
    const onStop = () => leave(STOPPED);
    stop.addEventListener("abort", onStop, { once: true });
    const settle = (sent: Sent) => {
      clearTimeout(patience);
      stop.removeEventListener("abort", onStop);
      resolve(sent);
    };
    asked.on("error", (error) => settle(unanswered(reasonOf(error))));
    asked.once("close", () => settle(unanswered("the connection was closed without an answer")));
    asked.once("response", (answer) => {
      const status = answer.statusCode ?? 0;
      settle({ status, error: refusalOf(status), retryAfterMs: askedPause(answer.headers["retry-after"]) });
      answer.destroy();
    });
    asked.end(message.body);
  });
}

/** Of a try that brought no answer. */
export function unanswered(error: string): Sent {
  return { status: null, error, retryAfterMs: null };
}

function refusalOf(status: number): string | null {
  if (status >= 200 && status <= 299) return null;
  if (status >= 300 && status <= 399) return `answered ${status}: redirects are not followed`;
  return `answered ${status}`;
}

/** In a word: Node's own sentences name the address that was tried, which says where a name leads within a network. */
export function reasonOf(error: NodeJS.ErrnoException): string {
  return error.code ?? error.message;
}

function askedPause(header: string | undefined): number | null {
  if (header === undefined) return null;
  const seconds = /^\d{1,9}$/.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / 1_000;
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1_000 : null;
}
