import { hostname, userInfo } from "node:os";
import type { z } from "zod";
import type { Client } from "@/cli/client";
import type { Command } from "@/cli/command";
import { EXIT, errorLines, exitCodeOf, RefusedError, UnreachableError, UsageError } from "@/cli/failure";
import type { Io } from "@/cli/io";
import { pause } from "@/cli/pause";
import { plainLine } from "@/cli/plain";
import { revokeLogin } from "@/cli/revoke-login";
import { isLoopback, parseOrigin } from "@/cli/server-target";
import { DevicePoll, DeviceSignInBegun } from "@/contract/device-sign-in";
import type { CreatedToken } from "@/contract/identity";

/**
 * Bounds of the pause between two polls, in seconds: the upper one holds while the server is away, the lower one
 * against a server that names less.
 */
const INTERVAL_S = { min: 1, max: 60 };

/** Lets a person allow this program in their browser, and stores the token that it gets. */
export const login: Command = {
  name: "login",
  usage: "[ADDRESS]",
  summary: "Sign in by your browser, for all other commands",
  help: [
    "Shows a page and a code: whoever is signed in there allows it, and has a token of their own made for this machine.",
    "It ends with that browser's sign-in. The server is asked from then on where no other is named.",
  ],
  async run(io, { words: [address, ...more] }) {
    if (more.length > 0) throw new UsageError("login takes one address", "agentrun login http://127.0.0.1:3000");
    const url = address === undefined ? io.server.url : parseOrigin(address);
    // Reads the stored sign-ins first, so that nobody is asked to allow a token that could not be stored or used.
    const { server } = io;
    io.credentials.find(url);
    if (url.startsWith("http:") && !isLoopback(url))
      io.note(`${url} is not encrypted: its token can be read on the way`);
    const client = io.connect({ url, token: null });
    const signIn = await requestAnswer(io, client, {
      path: "",
      body: { client: clientName() },
      answer: DeviceSignInBegun,
    });
    printInstructions(io, url, signIn);
    const token = await waitForToken(io, client, signIn);
    if (typeof token === "number") return token;
    await storeLogin(io, url, token);
    const until = token.expiresAt === null ? "" : `, until ${plainLine(token.expiresAt)}`;
    io.note(`signed in to ${url} as ${plainLine(token.name)}${until}`);
    if (server.source === "environment") io.note("AGENTRUN_TOKEN is set, and goes before it");
    // Other commands use the new server only where no other is named, and none runs in this folder.
    if (server.url !== url && server.by !== "login")
      io.note(`here other commands ask ${server.url}: name this one by --url or AGENTRUN_URL`);
    return EXIT.ok;
  },
};

/** Trying again would change nothing. */
class UnexpectedAnswerError extends UnreachableError {}

type DeviceRequest<Schema> = { path: string; body: object; answer: Schema };

/**
 * Asks the server at the typed address, which may be any server: an answer of another form does not come from AgentRun.
 */
async function requestAnswer<Schema extends z.ZodType>(
  io: Io,
  client: Client,
  { path, body, answer }: DeviceRequest<Schema>,
): Promise<z.output<Schema>> {
  const request = { method: "POST", path: `/device-sign-ins${path}`, body, signal: io.signal } as const;
  const parsed = answer.safeParse(await client.call(request));
  if (parsed.success) return parsed.data;
  throw new UnexpectedAnswerError(client.url, "what answers there is no AgentRun");
}

/** Returns the name of the person and the machine, by which the person recognises the request. */
function clientName(): string {
  let user = "";
  try {
    user = userInfo().username;
  } catch {
    // A container may have no user with this number.
  }
  const name = [user, hostname()].filter((part) => part !== "").join("@");
  return name.replaceAll(/\p{C}/gu, "").slice(0, 80).trim() || "agentrun";
}

function printInstructions(
  io: Io,
  url: string,
  { userCode, verificationUriComplete, expiresInSeconds }: DeviceSignInBegun,
): void {
  io.note("Open this page, and allow it if it shows this code:");
  io.note("");
  io.note(`  ${plainLine(verificationUriComplete)}`);
  io.note(`  ${io.style("bold", plainLine(userCode))}`);
  io.note("");
  if (!isSameOrigin(url, verificationUriComplete))
    io.note(`The page is not at ${url}: open it only if you know where it is.`);
  io.note(`Waiting, ${Math.round(expiresInSeconds / 60)} minutes at most.`);
}

function isSameOrigin(url: string, page: string): boolean {
  return URL.canParse(page) && new URL(page).origin === url;
}

/** The exit code and reason for each state that ends the wait without a token. */
const END_STATES: Record<
  Exclude<DevicePoll["state"], "waiting" | "slow-down" | "allowed">,
  [code: number, reason: string]
> = {
  refused: [EXIT.forbidden, "it was refused in the browser"],
  ended: [EXIT.forbidden, "the browser that allowed it is signed out by now: run agentrun login again"],
  expired: [EXIT.timeout, "nobody allowed it in time: run agentrun login again"],
  collected: [
    EXIT.conflict,
    "its token was given out, and did not come here: revoke it under Settings, and run agentrun login again",
  ],
};

/**
 * Waits until somebody allows the sign-in and returns the token. Where nobody does, notes the reason and returns the
 * exit code.
 */
async function waitForToken(io: Io, client: Client, signIn: DeviceSignInBegun): Promise<CreatedToken | number> {
  const endsAt = Date.now() + signIn.expiresInSeconds * 1_000;
  const body = { deviceCode: signIn.deviceCode };
  let intervalS = signIn.intervalSeconds;
  for (;;) {
    await pause(Math.min(Math.max(intervalS, INTERVAL_S.min), INTERVAL_S.max) * 1_000, io.signal);
    if (io.signal.aborted) return EXIT.interrupted;
    try {
      const { state, token, intervalSeconds } = await requestAnswer(io, client, {
        path: "/poll",
        body,
        answer: DevicePoll,
      });
      intervalS = intervalSeconds;
      if (state === "allowed" && token !== null) return token;
      const isUndecided = state === "waiting" || state === "slow-down" || state === "allowed";
      // The wait ends even if the server never reports that the sign-in has expired.
      if (isUndecided && Date.now() <= endsAt) continue;
      const [code, reason] = END_STATES[isUndecided ? "expired" : state];
      io.note(`agentrun: ${reason}`);
      return code;
    } catch (error) {
      if (!isRetryable(error) || Date.now() > endsAt) throw error;
      io.note(`${errorLines(error)[0]}: trying again`);
      intervalS *= 2;
    }
  }
}

/** Whether trying again may help: nobody or nothing answered, there were too many requests, or the server failed. */
function isRetryable(error: unknown): boolean {
  if (error instanceof UnexpectedAnswerError) return false;
  const code = exitCodeOf(error);
  return code === EXIT.unreachable || code === EXIT.timeout || (error instanceof RefusedError && error.status >= 500);
}

/** Stores the new token and revokes the one that it replaces. Revokes the new one if it cannot be stored. */
async function storeLogin(io: Io, url: string, { token, id: tokenId, name, expiresAt }: CreatedToken): Promise<void> {
  const login = { token, tokenId, name, expiresAt };
  let previousLogin = null;
  try {
    previousLogin = io.credentials.find(url);
    io.credentials.save(url, login);
  } catch (error) {
    await revokeLogin(io, url, login).catch(() => undefined);
    throw error;
  }
  if (previousLogin !== null) await revokeLogin(io, url, previousLogin).catch(() => undefined);
}
