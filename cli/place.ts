import { readFileSync } from "node:fs";
import path from "node:path";
import { type Credentials, isToken } from "./credentials";
import { UsageError } from "./failure";

const EXAMPLE = "--url http://127.0.0.1:3000";

/** Where a token was found. */
export type TokenSource = "environment" | "login" | "data-folder";

/** A server, and who asks it. */
export type Place = {
  url: string;
  token: string | null;
  source: TokenSource | null;
  /** Why it is this server: by `--url` or `AGENTRUN_URL`, by this data folder, or for want of both. */
  by: "name" | "folder" | "login";
};

type Told = { url: string | undefined; env: Record<string, string | undefined>; credentials: Credentials };

/**
 * The server that is named, else the one that runs on this data folder, else the one that was logged in to last. What
 * was stored for one server goes to that server alone, wherever else one is asked.
 */
export function findPlace({ url: asked, env, credentials }: Told): Place {
  const dataDir = env.AGENTRUN_DATA_DIR || ".agentrun";
  const running = readRunning(dataDir);
  const local = running?.address ?? `http://127.0.0.1:${env.PORT || 3000}`;
  const given = env.AGENTRUN_TOKEN || null;
  if (given !== null && !isToken(given))
    throw new UsageError("AGENTRUN_TOKEN is no token: it has a space, a line's end or a character that none has");
  // A token of the environment is for some server that whoever set it knew of; it goes to none that was logged in to since.
  const isLocal = given !== null || Boolean(env.AGENTRUN_DATA_DIR) || running?.isHere === true;
  const named = asked ?? (env.AGENTRUN_URL || null);
  const url = originOf(named ?? (isLocal ? null : credentials.lastUrl()) ?? local);
  const found: Pick<Place, "url" | "by"> = { url, by: named !== null ? "name" : isLocal ? "folder" : "login" };
  if (given !== null) return { ...found, token: given, source: "environment" };
  const login = credentials.find(url);
  if (login !== null) return { ...found, token: login.token, source: "login" };
  const own = url === originOf(local) ? readField(path.join(dataDir, "secrets.json"), "adminToken") : null;
  return typeof own === "string"
    ? { ...found, token: own, source: "data-folder" }
    : { ...found, token: null, source: null };
}

/** An address as tokens are kept under it: its scheme, host and port. What has more is refused, lest the rest be lost. */
export function originOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) {
    const hint = /^[\w-]+[.:][\w.:-]+$/.test(text) ? `http://${text}, or https://${text}` : EXAMPLE;
    throw new UsageError(`“${text}” is no address of a server`, hint);
  }
  // It may have a password in it.
  if (url.username !== "" || url.password !== "")
    throw new UsageError("an address of a server has no name or password in it", url.origin);
  if (url.pathname !== "/" || url.search !== "" || url.hash !== "")
    throw new UsageError(`“${text}” has more in it than the address of a server`, url.origin);
  return url.origin;
}

/** Whether it is this machine, which nobody else's word can lead away from. */
export function isLoopback(address: string): boolean {
  return /^(localhost|127\.[\d.]+|\[::1\])$/.test(URL.canParse(address) ? new URL(address).hostname : "");
}

/**
 * The server that has this data folder. One that was killed has left its lock behind, and a folder of somebody else's
 * making may name any address.
 */
function readRunning(dataDir: string): { address: string; isHere: boolean } | null {
  const file = path.join(dataDir, "lock");
  const [address, pid] = [readField(file, "address"), readField(file, "pid")];
  if (typeof address !== "string") return null;
  return { address, isHere: isLoopback(address) && typeof pid === "number" && isAlive(pid) };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** A text or number of a file of the data folder; null where there is none. */
function readField(file: string, field: string): string | number | null {
  try {
    const value = (JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>)[field];
    return (typeof value === "string" && value !== "") || typeof value === "number" ? value : null;
  } catch {
    // Nothing ran here yet, or it belongs to somebody else: then a token has to be given.
    return null;
  }
}
