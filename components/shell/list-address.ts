"use client";
import { usePathname, useSearchParams } from "next/navigation";
import { useEffect, useSyncExternalStore } from "react";
import { navItems } from "./nav-items";

const PREFIX = "agentrun:list:";
/** Of an address, what opens a dialog: whoever comes back has dealt with it. */
const DIALOGS = ["new"];
const LISTS = new Set(navItems(true).map(({ href }) => href));

/** Notes how each list is shown in this tab, so that the pages of its records lead back to the same rows. */
export function useNotedList(): void {
  const pathname = usePathname();
  const searchParams = useSearchParams();
  useEffect(() => {
    if (!LISTS.has(pathname)) return;
    const params = new URLSearchParams(searchParams);
    for (const dialog of DIALOGS) params.delete(dialog);
    const address = params.size === 0 ? pathname : `${pathname}?${params}`;
    globalThis.sessionStorage?.setItem(PREFIX + pathname, address);
  }, [pathname, searchParams]);
}

/** A list as it was shown last in this tab, or at its own address. */
export function useListAddress(href: string): string {
  return useSyncExternalStore(
    () => () => {},
    () => globalThis.sessionStorage?.getItem(PREFIX + new URL(href, location.origin).pathname) ?? href,
    () => href,
  );
}
