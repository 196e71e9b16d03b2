"use client";
import { usePathname, useRouter, useSearchParams } from "next/navigation";
import { unstable_createAdapterProvider as createAdapterProvider, renderQueryString } from "nuqs/adapters/custom";
import { NuqsAdapter } from "nuqs/adapters/next/app";
import { type ReactNode, Suspense, startTransition, useCallback, useEffect, useLayoutEffect, useMemo } from "react";
import { UncommittedWrites } from "./uncommitted-writes";
import { WriteBudget } from "./write-budget";

/** By it nuqs's own watch of the history knows its writes. */
const OF_NUQS = "__nuqs__";
/** nuqs's own factor for this router: it waits for up to 150 ms between two writes, or 360 in Safari. */
const SLOW = 3;

/** Of one tab: when a write was asked for, and a link pressed, last. */
const last = { askedMs: 0, pressedMs: 0 };
const budget = new WriteBudget();
const writes = new UncommittedWrites();

/** What the next write changes: with what the last one wrote, also where the router has put an older one back. */
const getSearchParamsSnapshot = () => new URLSearchParams(writes.newest ?? location.search);

type Options = { history: "push" | "replace"; scroll: boolean; shallow: boolean };

/**
 * Writes the address for nuqs. Its own adapter, which still watches the history, holds back a second change by up to 150
 * ms, and the router takes a write that comes after a link was pressed for another wish: whoever presses two keys and
 * Enter stays where they are. This one writes at once, as long as the browser bears it, and what comes late all the same
 * goes past the router.
 */
function useAddress() {
  const router = useRouter();
  const pathname = usePathname();
  const searchParams = useSearchParams();
  const updateUrl = useCallback(
    (search: URLSearchParams, { history, scroll, shallow }: Options) => {
      budget.take(performance.now());
      const url = `${location.origin}${location.pathname}${renderQueryString(search)}${location.hash}`;
      const isLate = last.pressedMs > last.askedMs && history === "replace" && shallow;
      if (isLate) {
        writes.clear();
        History.prototype.replaceState.call(window.history, window.history.state, "", url);
        return;
      }
      writes.add(search.toString());
      startTransition(() => {
        window.history[history === "push" ? "pushState" : "replaceState"](null, OF_NUQS, url);
        if (scroll) window.scrollTo(0, 0);
        if (!shallow) router.replace(url, { scroll: false });
      });
    },
    [router],
  );
  return useMemo(
    () => ({
      searchParams,
      pathname,
      updateUrl,
      getSearchParamsSnapshot,
      autoResetQueueOnUpdate: false,
      /** Read at every render of whatever reads the address, too: it may not change anything. */
      get rateLimitFactor() {
        return budget.isSpent(performance.now()) ? SLOW : 0;
      },
      /** Nothing that nuqs knows: it reads it as it copies all that is here, once for each write that is asked for. */
      get askedMs() {
        last.askedMs = performance.now();
        return last.askedMs;
      },
    }),
    [searchParams, pathname, updateUrl],
  );
}

/** Whether this tab goes on to another page of ours by it. */
function isFollowedHere(link: Element, { button, metaKey, ctrlKey, shiftKey, altKey }: MouseEvent): boolean {
  if (button !== 0 || metaKey || ctrlKey || shiftKey || altKey) return false;
  const opensElsewhere = link.hasAttribute("download") || (link.getAttribute("target") ?? "_self") !== "_self";
  return !opensElsewhere && !(link.getAttribute("href") ?? "").startsWith("#");
}

/** Stands before whatever reads the address, since effects run in this order. */
function CommitWatch() {
  const pathname = usePathname();
  const search = useSearchParams().toString();
  useLayoutEffect(() => writes.commit(search), [search]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another page is what ends the writes of this one.
  useLayoutEffect(() => writes.clear(), [pathname]);
  useEffect(() => {
    const clear = () => writes.clear();
    window.addEventListener("popstate", clear);
    return () => window.removeEventListener("popstate", clear);
  }, []);
  return null;
}

const AtOnce = createAdapterProvider(useAddress);

export function AddressAdapter({ children }: { children: ReactNode }) {
  useEffect(() => {
    const note = (event: MouseEvent) => {
      const link = event.target instanceof Element ? event.target.closest("a[href]") : null;
      if (link !== null && isFollowedHere(link, event)) last.pressedMs = performance.now();
    };
    document.addEventListener("click", note, { capture: true });
    return () => document.removeEventListener("click", note, { capture: true });
  }, []);
  return (
    <NuqsAdapter>
      <Suspense>
        <CommitWatch />
      </Suspense>
      <AtOnce>{children}</AtOnce>
    </NuqsAdapter>
  );
}
