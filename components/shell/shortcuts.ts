/** A key or a sequence of keys, and what it does. The registry feeds the handler, the palette and the `?` sheet alike. */
export type Shortcut = {
  keys: string;
  name: string;
  group: "Create" | "Go" | "Act" | "Lists" | "This page" | "Help";
  run: () => void;
};

let ofPage: (readonly Shortcut[])[] = [];

/** The keys of the page that is shown, its newest part's first; they come before those of the console. */
export function pageShortcuts(): readonly Shortcut[] {
  const keys = ofPage.toReversed().flat();
  return keys.filter((key, index) => keys.findIndex((first) => first.keys === key.keys) === index);
}

/** Gives the page, or a part of it, its keys until the answer is called. */
export function setPageShortcuts(shortcuts: readonly Shortcut[]): () => void {
  ofPage = [...ofPage, shortcuts];
  return () => {
    ofPage = ofPage.filter((group) => group !== shortcuts);
  };
}

const SEQUENCE_MS = 1_000;

/** Keys that do the same again while they are held: those that move, and those that go up and down by one. */
const REPEATED = new Set(["j", "k", "J", "K", "+", "-"]);

type KeyLike = Pick<
  KeyboardEvent,
  "key" | "repeat" | "metaKey" | "ctrlKey" | "altKey" | "isComposing" | "defaultPrevented" | "timeStamp"
> & {
  target: EventTarget | null;
  preventDefault: () => void;
};

/** Makes the handler of a registry: understands `mod+k`, single keys, and sequences such as `g s`. */
export function makeShortcutHandler(find: () => readonly Shortcut[]): (event: KeyLike) => void {
  let pending = "";
  let pendingMs = 0;
  return (event) => {
    if (event.defaultPrevented || event.isComposing || event.altKey) return;
    const isMod = event.metaKey || event.ctrlKey;
    const key = isMod ? `mod+${event.key.toLowerCase()}` : event.key;
    if (!isMod && (isTyping(event.target) || key.length > 1)) return;
    if (event.repeat && !REPEATED.has(key)) return;
    if (!isMod && isInDialog(event.target)) return;
    if (key === " " && isPressedBySpace(event.target)) return;
    const sequence = pending !== "" && event.timeStamp - pendingMs < SEQUENCE_MS ? `${pending} ${key}` : key;
    const shortcuts = find();
    const hit =
      shortcuts.find((shortcut) => shortcut.keys === sequence) ?? shortcuts.find((shortcut) => shortcut.keys === key);
    if (hit !== undefined) {
      pending = "";
      event.preventDefault();
      hit.run();
      return;
    }
    const isPrefix = shortcuts.some((shortcut) => shortcut.keys.startsWith(`${key} `));
    pending = isPrefix ? key : "";
    // When it was pressed: a page that is busy may come to the next one late.
    pendingMs = event.timeStamp;
  };
}

const TYPED_IN = new Set(["INPUT", "TEXTAREA", "SELECT"]);
/** Inputs that take no text. */
const PRESSED = new Set(["checkbox", "radio", "button", "submit"]);

function isTyping(target: EventTarget | null): boolean {
  const element = target as { tagName?: string; type?: string; isContentEditable?: boolean } | null;
  if (element?.isContentEditable === true) return true;
  return TYPED_IN.has(element?.tagName ?? "") && !PRESSED.has(element?.type ?? "");
}

/** What lies behind a dialog is not to be changed by a key that is pressed in it. */
function isInDialog(target: EventTarget | null): boolean {
  const element = target as { closest?: (selector: string) => unknown } | null;
  return (element?.closest?.("[role=dialog], [role=alertdialog]") ?? null) !== null;
}

const BY_SPACE = new Set(["BUTTON", "INPUT", "SUMMARY"]);

/** What the space bar presses, or scrolls, by itself. */
function isPressedBySpace(target: EventTarget | null): boolean {
  const element = target as { tagName?: string; getAttribute?: (name: string) => string | null } | null;
  return BY_SPACE.has(element?.tagName ?? "") || element?.getAttribute?.("tabindex") === "0";
}

const OFF_KEY = "agentrun-shortcuts";

/** Single-key shortcuts can be switched off, for those whose tools send keys of their own. */
export function areShortcutsOn(): boolean {
  return globalThis.localStorage?.getItem(OFF_KEY) !== "off";
}

export function setShortcutsOn(isOn: boolean): void {
  globalThis.localStorage?.setItem(OFF_KEY, isOn ? "on" : "off");
}
