import { type IncomingMessage, request as requestPlain } from "node:http";
import { request as requestSecure } from "node:https";
import { redactMessage } from "@/server/events";
import { parseRetryAfter } from "@/server/retry-after";
import { VERSION } from "@/server/version";
import { isPublicAddress, literalAddressOf, publicLookup } from "./public-address";

/** How long a receiver may take, from the look-up of its name to its answer's head. */
const RESPONSE_TIMEOUT_MS = 15_000;
const REASON_STOPPED = "this program was stopped";
/** How long the answer's text is waited for once its head is there: what came by then is kept. */
const BODY_TIMEOUT_MS = 1_000;
/** How many characters of an answer are kept. More is read, so that no credential is cut in half and missed. */
const BODY_CHARS_MAX = 1_024;
const BODY_BYTES_MAX = 4 * BODY_CHARS_MAX;

export type WebhookRequest = {
  url: string;
  headers: Record<string, string>;
  body: string;
  /** Whether only an address of the Internet at large may be sent to. */
  isPublicOnly: boolean;
  /** The name servers that are asked for public addresses; the machine's own by default. */
  nameServers?: string[];
};
/** What became of one try. `status` null: nothing was answered, and `error` says why. */
export type SendResult = {
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
export function postMessage(
  message: WebhookRequest,
  stopSignal: AbortSignal,
  timeoutMs = RESPONSE_TIMEOUT_MS,
): Promise<SendResult> {
  return new Promise((resolve) => {
    if (stopSignal.aborted) return resolve(noResponse(REASON_STOPPED));
    const url = new URL(message.url);
    const literal = literalAddressOf(url);
    if (message.isPublicOnly && literal !== null && !isPublicAddress(literal))
      return resolve(noResponse("its address is not a public one"));
    const request = (url.protocol === "https:" ? requestSecure : requestPlain)(url, {
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
    const abort = (why: string) => request.destroy(new Error(why));
    const timeout = setTimeout(() => abort(`no answer within ${timeoutMs / 1_000} s`), timeoutMs);
    const onStop = () => abort(REASON_STOPPED);
    stopSignal.addEventListener("abort", onStop, { once: true });
    const settleOnce = (result: SendResult) => {
      clearTimeout(timeout);
      stopSignal.removeEventListener("abort", onStop);
      resolve(result);
    };
    let isAnswered = false;
    const fail = (why: string) => isAnswered || settleOnce(noResponse(why));
    request.on("error", (error) => fail(errorCode(error)));
    request.once("close", () => fail("the connection was closed without an answer"));
    request.once("response", async (response) => {
      isAnswered = true;
      const status = response.statusCode ?? 0;
      const retryAfterMs = parseRetryAfter(response.headers["retry-after"]);
      settleOnce({ status, error: statusError(status), text: await readText(response), retryAfterMs });
    });
    request.end(message.body);
  });
}

/** The outcome of a try without an answer. */
export function noResponse(error: string): SendResult {
  return { status: null, error, text: null, retryAfterMs: null };
}

/** Reads the beginning of an answer's text, as far as it arrives in time, and then ends the connection. Never fails. */
function readText(response: IncomingMessage): Promise<string | null> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const finish = () => {
      clearTimeout(timeout);
      response.destroy();
      resolve(textOf(Buffer.concat(chunks).subarray(0, BODY_BYTES_MAX), response.headers["content-encoding"]));
    };
    const timeout = setTimeout(finish, BODY_TIMEOUT_MS);
    response.on("error", finish).once("end", finish).once("close", finish);
    response.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.length;
      if (size >= BODY_BYTES_MAX) finish();
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
    ?.slice(0, BODY_CHARS_MAX)
    .replace(/[\ud800-\udbff]$/, "");
  return shown || null;
}

function statusError(status: number): string | null {
  if (status >= 200 && status <= 299) return null;
  if (status >= 300 && status <= 399) return `answered ${status}: redirects are not followed`;
  return `answered ${status}`;
}

/**
 * Returns a short reason. Node's own messages name the address that was tried, which would reveal where a name leads
 * inside a network.
 */
export function errorCode(error: NodeJS.ErrnoException): string {
  return error.code ?? error.message;
}
