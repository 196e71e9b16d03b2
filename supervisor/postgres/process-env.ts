import { readFile } from "node:fs/promises";

/** PostgreSQL gets nothing of this process's environment. */
export function postgresEnv(): NodeJS.ProcessEnv {
  return {
    NODE_ENV: "production",
    PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    LANG: "C",
    LC_ALL: "C",
    TZ: "UTC",
  };
}

/** Returns the last lines of a log, for a message. */
export async function logTail(file: string): Promise<string> {
  const text = await readFile(file, "utf8").catch(() => "");
  return `${text.trim().split("\n").slice(-5).join(" | ")} (log: ${file})`;
}
