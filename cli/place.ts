import { readFileSync } from "node:fs";
import path from "node:path";
import type { Credentials } from "./credentials";
import { UsageError } from "./failure";

/** Where a token was found. */
export type TokenSource = "environment" | "login" | "data-folder";

/** A server, and who asks it. */
export type Place = { url: string; token: string | null; source: TokenSource | null };

type Told = { url: string | undefined; env: Record<string, string | undefined>; credentials: Credentials };

/**
 * The server that is named, else the one that was logged in to last, else the one that runs on this machine's data
 * folder. What was stored for one server goes to that server alone, wherever else one is asked.
 */
export function findPlace({ url: asked, env, credentials }: Told): Place {
  const dataDir = env.AGENTRUN_DATA_DIR || ".agentrun";
  const local = readField(path.join(dataDir, "lock"), "address") ?? `http://127.0.0.1:${env.PORT || 3000}`;
  const given = env.AGENTRUN_TOKEN || null;
  // A token of the environment is for some server that whoever set it knew of; it goes to none that was logged in to since.
  const isLocal = given !== null || Boolean(env.AGENTRUN_DATA_DIR);
  const url = originOf(asked ?? (env.AGENTRUN_URL || null) ?? (isLocal ? null : credentials.lastUrl()) ?? local);
  if (given !== null) return { url, token: given, source: "environment" };
  const login = credentials.find(url);
  if (login !== null) return { url, token: login.token, source: "login" };
  const own = url === originOf(local) ? readField(path.join(dataDir, "secrets.json"), "adminToken") : null;
  return { url, token: own, source: own === null ? null : "data-folder" };
}

/** An address as tokens are kept under it: its scheme, host and port. */
export function originOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new UsageError(`“${text}” is no address of a server`, "--url http://127.0.0.1:3000");
  return url.origin;
}

/** A text of a file of the data folder; null where there is none. */
function readField(file: string, field: string): string | null {
  try {
    const value = (JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>)[field];
    return typeof value === "string" && value !== "" ? value : null;
  } catch {
    // Nothing ran here yet, or it belongs to somebody else: then a token has to be given.
    return null;
  }
}
