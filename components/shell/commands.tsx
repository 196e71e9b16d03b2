"use client";
import dynamic from "next/dynamic";
import { useRouter } from "next/navigation";
import { useCallback, useEffect, useMemo, useState } from "react";
import { toast } from "sonner";
import { loadDialog } from "@/components/ui/dialog/dialog";
import { holdKeys } from "@/components/ui/key-hold";
import { cycleTimeMode } from "@/components/ui/time/clock";
import { useCanOperate, useIdentity } from "./identity";
import { moveRow, openRow, openRowMenu } from "./list-keys";
import { navItems } from "./nav-items";
import { areShortcutsOn, makeShortcutHandler, pageShortcuts, type Shortcut } from "./shortcuts";
import { setTheme } from "./theme";

// Loaded once somebody is at work on the page, or else when they are first opened.
const loadPalette = () => import("./palette").then((module) => module.Palette);
const loadSheet = () => import("./shortcut-sheet").then((module) => module.ShortcutSheet);
const Palette = dynamic(loadPalette, { ssr: false });
const ShortcutSheet = dynamic(loadSheet, { ssr: false });

const PALETTE_EVENT = "agentrun:palette";

/** Opens the palette from a button. */
export function openPalette(): void {
  window.dispatchEvent(new Event(PALETTE_EVENT));
}

const TIME_NAMES = {
  relative: "Showing relative times",
  local: "Showing local times",
  utc: "Showing UTC times",
} as const;

/** The one registry of what can be done by key, and the palette and the sheet that are made from it. */
export function Commands() {
  const router = useRouter();
  const canOperate = useCanOperate();
  const isAdmin = useIdentity().role === "admin";
  const [shown, setShown] = useState<"palette" | "sheet" | null>(null);

  const open = useCallback((what: "palette" | "sheet") => {
    // No key that is pressed before it has the focus is the page's.
    holdKeys(() => setShown(null));
    setShown(what);
  }, []);

  const shortcuts = useMemo((): Shortcut[] => {
    const go = navItems(isAdmin).map(
      (item): Shortcut => ({ keys: `g ${item.key}`, name: item.name, group: "Go", run: () => router.push(item.href) }),
    );
    const newSession: Shortcut = {
      keys: "c",
      name: "New session",
      group: "Create",
      run: () => {
        holdKeys(() => {});
        router.push("/sessions?new=true");
      },
    };
    return [
      ...go,
      { keys: "g c", name: "Compare sessions", group: "Go", run: () => router.push("/compare") },
      { keys: "mod+k", name: "Search or jump to…", group: "Go", run: () => open("palette") },
      ...(canOperate ? [newSession] : []),
      { keys: "t", name: "Switch time format", group: "Act", run: () => toast(TIME_NAMES[cycleTimeMode()]) },
      { keys: "D", name: "Switch theme", group: "Act", run: toggleTheme },
      { keys: "/", name: "Search this page", group: "Lists", run: focusSearch },
      { keys: "j", name: "Next row", group: "Lists", run: () => moveRow(1) },
      { keys: "k", name: "Previous row", group: "Lists", run: () => moveRow(-1) },
      { keys: "o", name: "Open row", group: "Lists", run: openRow },
      { keys: ".", name: "Open row menu", group: "Lists", run: openRowMenu },
      {
        keys: "m",
        name: "Write a message",
        group: "Act",
        run: () => document.querySelector<HTMLElement>("textarea[aria-label=Message]")?.focus(),
      },
      { keys: "?", name: "Keyboard shortcuts", group: "Help", run: () => open("sheet") },
    ];
  }, [router, open, canOperate, isAdmin]);

  useEffect(() => {
    const handle = makeShortcutHandler(() =>
      areShortcutsOn() ? withPage(shortcuts) : shortcuts.filter((shortcut) => shortcut.keys.startsWith("mod+")),
    );
    const openIt = () => open("palette");
    document.addEventListener("keydown", handle);
    window.addEventListener(PALETTE_EVENT, openIt);
    return () => {
      document.removeEventListener("keydown", handle);
      window.removeEventListener(PALETTE_EVENT, openIt);
    };
  }, [shortcuts, open]);
  useEffect(preloadOnceUsed, []);

  return (
    <>
      {shown === "palette" && <Palette shortcuts={withPage(shortcuts)} onClose={() => setShown(null)} />}
      {shown === "sheet" && <ShortcutSheet shortcuts={withPage(shortcuts)} onClose={() => setShown(null)} />}
    </>
  );
}

/** The page's own keys first; those of the console that they stand in for are left out. */
function withPage(shortcuts: readonly Shortcut[]): Shortcut[] {
  const pageKeys = pageShortcuts();
  return [...pageKeys, ...shortcuts.filter(({ keys }) => !pageKeys.some((shortcut) => shortcut.keys === keys))];
}

/** The caret stands behind what the box says already, ready for another condition. */
function focusSearch(): void {
  const searchInput = document.querySelector<HTMLInputElement>("input[data-shortcut-search]");
  if (searchInput === null) return;
  searchInput.focus();
  searchInput.setSelectionRange(searchInput.value.length, searchInput.value.length);
  if (searchInput.role === "combobox" && /\S$/.test(searchInput.value)) document.execCommand("insertText", false, " ");
}

const SIGNS_OF_USE = ["pointermove", "pointerdown", "keydown"] as const;

/** A page that nobody touches loads no more than it shows. */
function preloadOnceUsed(): () => void {
  const idle = globalThis.requestIdleCallback ?? ((run: () => void) => setTimeout(run, 200));
  const stop = () => {
    for (const sign of SIGNS_OF_USE) removeEventListener(sign, preload, true);
  };
  const preload = () => {
    stop();
    idle(() => {
      // Whoever opens them finds out, and may try again.
      for (const load of [loadPalette, loadSheet, loadDialog]) load().catch(() => undefined);
    });
  };
  for (const sign of SIGNS_OF_USE) addEventListener(sign, preload, true);
  return stop;
}

function toggleTheme(): void {
  const isDark =
    getComputedStyle(document.documentElement).colorScheme === "dark" ||
    (document.documentElement.dataset.theme !== "light" && window.matchMedia("(prefers-color-scheme: dark)").matches);
  setTheme(isDark ? "light" : "dark");
}
