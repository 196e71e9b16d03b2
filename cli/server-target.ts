import { readFileSync } from "node:fs";
import path from "node:path";
import { isLoopbackHost } from "@/contract/loopback";
import { type Credentials, isToken } from "./credentials";
import { UsageError } from "./failure";

const EXAMPLE = "--url http://127.0.0.1:3000";

/** Where a token was found. */
export type TokenSource = "environment" | "login" | "data-folder";

/** A server, and the token to use there. */
export type ServerTarget = {
  url: string;
  token: string | null;
  source: TokenSource | null;
  /**
   * Why this server is asked: it was named by `--url` or `AGENTRUN_URL`, it belongs to this data folder, or there was
   * neither.
   */
  by: "name" | "folder" | "login";
};

type TargetOptions = { url: string | undefined; env: Record<string, string | undefined>; credentials: Credentials };

/**
 * Finds the server to ask: the named one, else the one that runs on this data folder, else the one last logged in to. A
 * token stored for one server is sent to that server alone.
 */
export function findServer({ url: requestedUrl, env, credentials }: TargetOptions): ServerTarget {
  const dataDir = env.AGENTRUN_DATA_DIR || ".agentrun";
  const running = readRunning(dataDir);
  const local = running?.address ?? `http://127.0.0.1:${env.PORT || 3000}`;
  const environmentToken = env.AGENTRUN_TOKEN || null;
  if (environmentToken !== null && !isToken(environmentToken))
    throw new UsageError("AGENTRUN_TOKEN is no token: it has a space, a line's end or a character that none has");
  // A token in the environment is meant for a server that its owner knew of, so it does not go to one that was logged
  // in to since.
  const isLocal = environmentToken !== null || Boolean(env.AGENTRUN_DATA_DIR) || running?.isHere === true;
  const namedUrl = requestedUrl ?? (env.AGENTRUN_URL || null);
  const url = parseOrigin(namedUrl ?? (isLocal ? null : credentials.lastUrl()) ?? local);
  const target: Pick<ServerTarget, "url" | "by"> = {
    url,
    by: namedUrl !== null ? "name" : isLocal ? "folder" : "login",
  };
  if (environmentToken !== null) return { ...target, token: environmentToken, source: "environment" };
  const login = credentials.find(url);
  if (login !== null) return { ...target, token: login.token, source: "login" };
  const folderToken = url === parseOrigin(local) ? readField(path.join(dataDir, "secrets.json"), "adminToken") : null;
  return typeof folderToken === "string"
    ? { ...target, token: folderToken, source: "data-folder" }
    : { ...target, token: null, source: null };
}

/**
 * Returns an address in the form under which tokens are kept: scheme, host and port. Refuses an address with more, so
 * that nothing is silently dropped.
 */
export function parseOrigin(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) {
    const hint = /^[\w-]+[.:][\w.:-]+$/.test(text) ? `http://${text}, or https://${text}` : EXAMPLE;
    throw new UsageError(`“${text}” is no address of a server`, hint);
  }
  // The address may contain a password, so it is not quoted.
  if (url.username !== "" || url.password !== "")
    throw new UsageError("an address of a server has no name or password in it", url.origin);
  if (url.pathname !== "/" || url.search !== "" || url.hash !== "")
    throw new UsageError(`“${text}” has more in it than the address of a server`, url.origin);
  return url.origin;
}

/** Whether the address is this machine's own, which no one else can redirect. */
export function isLoopback(address: string): boolean {
  return URL.canParse(address) && isLoopbackHost(new URL(address).hostname);
}

/**
 * Returns the server that runs on a data folder. A server that was killed has left its lock behind, and a folder from
 * somebody else may name any address.
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

/** Reads a text or number from a file of the data folder; null where there is none. */
function readField(file: string, field: string): string | number | null {
  try {
    const value = (JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>)[field];
    return (typeof value === "string" && value !== "") || typeof value === "number" ? value : null;
  } catch {
    // Nothing has run here yet, or the file belongs to somebody else: a token must then be given.
    return null;
  }
}
