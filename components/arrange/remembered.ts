import type { ViewPage } from "@/contract/words";

const keyOf = (list: ViewPage) => `agentrun-columns-${list}`;

/** The columns that were last chosen for a list in this browser. */
export function recallColumns(list: ViewPage): string | null {
  return globalThis.localStorage?.getItem(keyOf(list)) ?? null;
}

/** Keeps a choice for the next visits; null: the list's own columns. */
export function rememberColumns(list: ViewPage, columns: string | null): void {
  if (columns === null) globalThis.localStorage?.removeItem(keyOf(list));
  else globalThis.localStorage?.setItem(keyOf(list), columns);
}
