import { readFileSync } from "node:fs";
import path from "node:path";
import { UsageError } from "./failure";

/** A server, and who asks it. */
export type Place = { url: string; token: string | null };

type Told = { url: string | undefined; env: Record<string, string | undefined> };

/**
 * The server that is named, else the one that runs on this machine's data folder. That folder's own token goes to its
 * own server alone, wherever else one is sent.
 */
export function findPlace({ url: asked, env }: Told): Place {
  const dataDir = env.AGENTRUN_DATA_DIR || ".agentrun";
  const local = readField(path.join(dataDir, "lock"), "address") ?? `http://127.0.0.1:${env.PORT || 3000}`;
  const url = originOf(asked ?? env.AGENTRUN_URL ?? local);
  const token = env.AGENTRUN_TOKEN || null;
  if (token !== null || url !== originOf(local)) return { url, token };
  return { url, token: readField(path.join(dataDir, "secrets.json"), "adminToken") };
}

function originOf(text: string): string {
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
