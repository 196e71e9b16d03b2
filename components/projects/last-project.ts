const KEY = "agentrun-project";

/** The project that this browser last made something in; empty: the usual one. */
export function lastProject(): string {
  return globalThis.localStorage?.getItem(KEY) ?? "";
}

export function keepProject(project: string): void {
  globalThis.localStorage?.setItem(KEY, project.trim());
}
