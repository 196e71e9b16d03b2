import { type IncomingMessage, request as requestPlain } from "node:http";
import { request as requestSecure } from "node:https";
import { redactMessage } from "@/server/events";
import { VERSION } from "@/server/version";
import { addressIn, isPublicAddress, publicLookup } from "./public-address";

/** How long a receiver may take, from the look-up of its name to its answer's head. */
const ANSWER_MS = 15_000;
const STOPPED = "this program was stopped";
/** How long the answer's text is waited for once its head is there: what came by then is kept. */
const TEXT_MS = 1_000;
/** How many characters of an answer are kept. More is read, so that no credential is cut in half and missed. */
const TEXT_MAX = 1_024;
const READ_MAX = 4 * TEXT_MAX;

export type Message = {
  url: string;
  headers: Record<string, string>;
  body: string;
  /** Whether only an address of the Internet at large may be sent to. */
  isPublicOnly: boolean;
  /** The name servers that are asked for public addresses; the machine's own by default. */
  nameServers?: string[];
};
/** What became of one try. `status` null: nothing was answered, and `error` says why. */
export type Sent = {
  status: number | null;
  error: string | null;
  /** The beginning of the answer's text, cleaned and without credentials; null: it had no text. */
  text: string | null;
  retryAfterMs: number | null;
};

/**
 * Posts a message and waits for the head of its answer, and a moment longer for the beginning of its text. No redirect
 * is followed: it would carry the message to an address that nobody chose. Errors on the way are returned, and none can
 * follow the head. What cannot even begin, for example because Node refuses the address, is thrown.
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
    let isAnswered = false;
    const giveUp = (why: string) => isAnswered || settle(unanswered(why));
    asked.on("error", (error) => giveUp(reasonOf(error)));
    asked.once("close", () => giveUp("the connection was closed without an answer"));
    asked.once("response", async (answer) => {
      isAnswered = true;
      const status = answer.statusCode ?? 0;
      const retryAfterMs = askedPause(answer.headers["retry-after"]);
      settle({ status, error: refusalOf(status), text: await readText(answer), retryAfterMs });
    });
    asked.end(message.body);
  });
}

/** The outcome of a try without an answer. */
export function unanswered(error: string): Sent {
  return { status: null, error, text: null, retryAfterMs: null };
}

/** Reads the beginning of an answer's text, as far as it arrives in time, and then ends the connection. Never fails. */
function readText(answer: IncomingMessage): Promise<string | null> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const finish = () => {
      clearTimeout(patience);
      answer.destroy();
      resolve(textOf(Buffer.concat(chunks).subarray(0, READ_MAX), answer.headers["content-encoding"]));
    };
    const patience = setTimeout(finish, TEXT_MS);
    answer.on("error", finish).once("end", finish).once("close", finish);
    answer.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.length;
      if (size >= READ_MAX) finish();
    });
  });
}

/**
 * Returns the text of these bytes; null if they are compressed, which nobody asked for. A character that was cut in
 * half is left out.
 */
function textOf(bytes: Buffer, encoding: string | undefined): string | null {
  if (encoding !== undefined && encoding !== "identity") return null;
  const text = new TextDecoder().decode(bytes, { stream: true }).trim();
  const shown = redactMessage(text)
    ?.slice(0, TEXT_MAX)
    .replace(/[\ud800-\udbff]$/, "");
  return shown || null;
}

function refusalOf(status: number): string | null {
  if (status >= 200 && status <= 299) return null;
  if (status >= 300 && status <= 399) return `answered ${status}: redirects are not followed`;
  return `answered ${status}`;
}

/**
 * Returns a short reason. Node's own messages name the address that was tried, which would reveal where a name leads
 * inside a network.
 */
export function reasonOf(error: NodeJS.ErrnoException): string {
  return error.code ?? error.message;
}

function askedPause(header: string | undefined): number | null {
  if (header === undefined) return null;
  const seconds = /^\d{1,9}$/.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / 1_000;
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1_000 : null;
}
