"use client";
import dynamic from "next/dynamic";
import { useRouter } from "next/navigation";
import { useEffect, useMemo, useState } from "react";
import { toast } from "sonner";
import { cycleTimeMode } from "@/components/ui/clock";
import { BULK_ADDRESS, WEBHOOKS_ADDRESS } from "./addresses";
import { useCanOperate, useIdentity } from "./identity";
import { moveRow, openRow, openRowMenu } from "./list-keys";
import { NAV_ITEMS } from "./nav-items";
import { areShortcutsOn, makeShortcutHandler, pageShortcuts, type Shortcut } from "./shortcuts";
import { setTheme } from "./theme";

// Loaded when they are first opened.
const Palette = dynamic(() => import("./palette").then((module) => module.Palette), { ssr: false });
const ShortcutSheet = dynamic(() => import("./shortcut-sheet").then((module) => module.ShortcutSheet), { ssr: false });

const PALETTE_EVENT = "agentrun:palette";

/** Opens the palette from a button. */
export function openPalette(): void {
  window.dispatchEvent(new Event(PALETTE_EVENT));
}

const TIME_NAMES = {
  relative: "Times are shown as ages",
  local: "Times are shown in local time",
  utc: "Times are shown in UTC",
} as const;

/** The one registry of what can be done by key, and the palette and the sheet that are made from it. */
export function Commands() {
  const router = useRouter();
  const canOperate = useCanOperate();
  const isAdmin = useIdentity().role === "admin";
  const [shown, setShown] = useState<"palette" | "sheet" | null>(null);

  const shortcuts = useMemo((): Shortcut[] => {
    const go = NAV_ITEMS.map(
      (item): Shortcut => ({ keys: `g ${item.key}`, name: item.name, group: "Go", run: () => router.push(item.href) }),
    );
    const newSession: Shortcut = {
      keys: "c",
      name: "New session",
      group: "Act",
      run: () => router.push("/sessions?new=true"),
    };
    const webhooks: Shortcut = {
      keys: "g w",
      name: "Webhooks",
      group: "Go",
      run: () => router.push(WEBHOOKS_ADDRESS),
    };
    return [
      ...go,
      { keys: "g c", name: "Compare two sessions", group: "Go", run: () => router.push("/compare") },
      { keys: "g m", name: "Actions on many", group: "Go", run: () => router.push(BULK_ADDRESS) },
      ...(isAdmin ? [webhooks] : []),
      { keys: "mod+k", name: "Go to anything, find by id", group: "Go", run: () => setShown("palette") },
      ...(canOperate ? [newSession] : []),
      { keys: "t", name: "Ages, local time or UTC", group: "Act", run: () => toast(TIME_NAMES[cycleTimeMode()]) },
      { keys: "D", name: "Light or dark", group: "Act", run: toggleTheme },
      {
        keys: "/",
        name: "Search in this page",
        group: "Lists",
        run: () => document.querySelector<HTMLElement>("[data-shortcut-search]")?.focus(),
      },
      { keys: "j", name: "Next row", group: "Lists", run: () => moveRow(1) },
      { keys: "k", name: "Previous row", group: "Lists", run: () => moveRow(-1) },
      { keys: "o", name: "Open the row", group: "Lists", run: openRow },
      { keys: ".", name: "What can be done to the row", group: "Lists", run: openRowMenu },
      {
        keys: "m",
        name: "Write a message",
        group: "Act",
        run: () => document.querySelector<HTMLElement>("textarea[aria-label=Message]")?.focus(),
      },
      { keys: "?", name: "This list", group: "Help", run: () => setShown("sheet") },
    ];
  }, [router, canOperate, isAdmin]);

  useEffect(() => {
    const handle = makeShortcutHandler(() =>
      areShortcutsOn() ? withPage(shortcuts) : shortcuts.filter((shortcut) => shortcut.keys.startsWith("mod+")),
    );
    const open = () => setShown("palette");
    document.addEventListener("keydown", handle);
    window.addEventListener(PALETTE_EVENT, open);
    return () => {
      document.removeEventListener("keydown", handle);
      window.removeEventListener(PALETTE_EVENT, open);
    };
  }, [shortcuts]);

  return (
    <>
      {shown === "palette" && <Palette shortcuts={withPage(shortcuts)} onClose={() => setShown(null)} />}
      {shown === "sheet" && <ShortcutSheet shortcuts={withPage(shortcuts)} onClose={() => setShown(null)} />}
    </>
  );
}

/** The page's own keys first; those of the console that they stand in for are left out. */
function withPage(shortcuts: readonly Shortcut[]): Shortcut[] {
  const own = pageShortcuts();
  return [...own, ...shortcuts.filter(({ keys }) => !own.some((shortcut) => shortcut.keys === keys))];
}

function toggleTheme(): void {
  const isDark =
    getComputedStyle(document.documentElement).colorScheme === "dark" ||
    (document.documentElement.dataset.theme !== "light" && window.matchMedia("(prefers-color-scheme: dark)").matches);
  setTheme(isDark ? "light" : "dark");
}
