import { readFile, stat } from "node:fs/promises";
import type { BackendConfig, BackendKey } from "@/contract/backend";
import { AgentRunError } from "@/server/errors";

type Named = Pick<BackendConfig, "keyEnv" | "keyFile">;
/** What a variable of this process holds; null where it is not set, or empty. */
export type ReadVariable = (name: string) => string | null;

/** What a header may hold. Anything else would be quoted in the error of whoever tries to send it. */
const SENDABLE = /^[\x21-\x7e]+$/;

/**
 * The key of a profile's provider, as it is now: a file is read anew each time. null where there is none.
 *
 * @throws AgentRunError `backend-unavailable` where there is something that cannot be read, or be a key.
 */
export async function readKey({ keyEnv, keyFile }: Named, readVariable: ReadVariable): Promise<string | null> {
  const key = keyFile === undefined ? keyEnv !== undefined && readVariable(keyEnv) : await readKeyFile(keyFile);
  if (!key) return null;
  if (SENDABLE.test(key)) return key;
  const place = keyFile === undefined ? `variable ${keyEnv}` : "key file";
  throw new AgentRunError(
    "backend-failed",
    "backend-unavailable",
    `what its ${place} holds is not one line of printable characters`,
  );
}

async function readKeyFile(file: string): Promise<string | null> {
  try {
    return (await readFile(file, "utf8")).trim();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return null;
    throw new AgentRunError(
      "backend-failed",
      "backend-unavailable",
      `its key file cannot be read: ${code ?? "unknown"}`,
      {
        cause: error,
      },
    );
  }
}

/** Where the key comes from and since when it is there, for people; never the key. */
export async function describeKey(config: Named | undefined, readVariable: ReadVariable): Promise<BackendKey> {
  if (config?.keyFile !== undefined) {
    const isPresent = (await readKey(config, readVariable).catch(() => null)) !== null;
    const written = await stat(config.keyFile).catch(() => null);
    return { source: "file", isPresent, since: isPresent ? (written?.mtime.toISOString() ?? null) : null };
  }
  if (config?.keyEnv === undefined) return { source: "none", isPresent: false, since: null };
  return { source: "variable", isPresent: readVariable(config.keyEnv) !== null, since: null };
}
