import { readFile, stat } from "node:fs/promises";
import type { BackendConfig, BackendKey } from "@/contract/backend";
import { AgentRunError } from "@/server/errors";

type Named = Pick<BackendConfig, "keyEnv" | "keyFile">;
/** Returns a variable of this process; null: it is not set, or empty. */
export type ReadVariable = (name: string) => string | null;

/** Characters allowed in a header. Any other would be quoted in the error of the code that tries to send it. */
const SENDABLE = /^[\x21-\x7e]+$/;

/**
 * Reads the current key of a profile's provider; a file is read anew each time. null: there is none.
 *
 * @throws AgentRunError `backend-unavailable` when there is something that cannot be read, or cannot be a key.
 */
export async function readKey({ keyEnv, keyFile }: Named, readVariable: ReadVariable): Promise<string | null> {
  const key = keyFile === undefined ? keyEnv !== undefined && readVariable(keyEnv) : await readKeyFile(keyFile);
  if (!key) return null;
  if (SENDABLE.test(key)) return key;
  const source = keyFile === undefined ? `variable ${keyEnv}` : "key file";
  throw new AgentRunError(
    "backend-failed",
    "backend-unavailable",
    `what its ${source} holds is not one line of printable characters`,
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

/** Describes for people where the key comes from and since when it has existed, without the key itself. */
export async function describeKey(config: Named | undefined, readVariable: ReadVariable): Promise<BackendKey> {
  if (config?.keyFile !== undefined) {
    const isPresent = (await readKey(config, readVariable).catch(() => null)) !== null;
    const written = await stat(config.keyFile).catch(() => null);
    return { source: "file", isPresent, since: isPresent ? (written?.mtime.toISOString() ?? null) : null };
  }
  if (config?.keyEnv === undefined) return { source: "none", isPresent: false, since: null };
  return { source: "variable", isPresent: readVariable(config.keyEnv) !== null, since: null };
}
