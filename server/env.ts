import path from "node:path";
import { parseEnv, ServerEnv } from "@/contract/env";

export type { ServerEnv };

/** Reads the process's environment once; fails with the names of the variables that are wrong. */
export function readServerEnv(): ServerEnv {
  return parseEnv(ServerEnv, process.env);
}

/**
 * The key of a model provider, read when it is needed: it is never part of a value that could be logged, sent or
 * inherited.
 */
export function readProviderKey(variable: string): string | null {
  return process.env[variable] || null;
}

/** Folders in a variable that lists them as PATH does. */
export function splitFolders(list: string | undefined): string[] {
  return (list ?? "").split(path.delimiter).filter((folder) => folder !== "");
}
