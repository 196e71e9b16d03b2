import { readFile, stat } from "node:fs/promises";
import type { BackendConfig, BackendKey } from "@/contract/backend";

type Named = Pick<BackendConfig, "keyEnv" | "keyFile">;
/** What a variable of this process holds; null where it is not set, or empty. */
export type ReadVariable = (name: string) => string | null;

/** The key of a profile's provider, as it is now: a file is read anew each time. null where there is none. */
export async function readKey({ keyEnv, keyFile }: Named, readVariable: ReadVariable): Promise<string | null> {
  if (keyFile === undefined) return keyEnv === undefined ? null : readVariable(keyEnv);
  try {
    return (await readFile(keyFile, "utf8")).trim() || null;
  } catch (error) {
    if (isAbsent(error)) return null;
    throw error;
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

function isAbsent(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === "ENOENT" || code === "ENOTDIR";
}
