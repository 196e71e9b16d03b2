import { useLayoutEffect, useRef } from "react";
import { setPageShortcuts } from "./shortcuts";

export type PageKey = { keys: string; name: string; run: () => void };

/**
 * A page's own keys, for as long as it is shown. They call what is latest, and are registered once: with what is shown, so
 * that no key is lost that is pressed as soon as it is seen.
 */
export function usePageKeys(list: readonly PageKey[]): void {
  const latest = useRef(list);
  useLayoutEffect(() => {
    latest.current = list;
  });
  const names = list.map(({ keys, name }) => `${keys} ${name}`).join("\n");
  // biome-ignore lint/correctness/useExhaustiveDependencies: what they are called is what can be seen of them.
  useLayoutEffect(() => {
    const run = (keys: string) => latest.current.find((key) => key.keys === keys)?.run();
    return setPageShortcuts(
      latest.current.map(({ keys, name }) => ({ keys, name, group: "This page", run: () => run(keys) })),
    );
  }, [names]);
}
