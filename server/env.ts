import path from "node:path";
import { parseEnv, ServerEnv } from "@/contract/env";

export type { ServerEnv };

/** Reads the process's environment once. Throws an error that names the invalid variables. */
export function readServerEnv(): ServerEnv {
  return parseEnv(ServerEnv, process.env);
}

/**
 * Reads a model provider's key when it is needed: it is never part of a value that could be logged, sent or inherited.
 */
export function readProviderKey(variable: string): string | null {
  return process.env[variable] || null;
}

/** Splits a variable that lists folders as PATH does. */
export function splitFolders(list: string | undefined): string[] {
  return (list ?? "").split(path.delimiter).filter((folder) => folder !== "");
}
