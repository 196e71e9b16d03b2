/** A dialog whose script does not come leaves the keys to the page again. */
const HOLD_MAX_MS = 5_000;

const IN_DIALOG = "[role=dialog], [role=alertdialog]";

let isHeld = false;

/**
 * From the key that opens a dialog until the dialog has the focus, which is as long as its script takes to come: no other
 * key reaches the page, and what is typed goes into the dialog's first text box. Escape calls `onEscape` instead.
 */
export function holdKeys(onEscape: () => void): void {
  // What has the focus in a dialog leaks nothing.
  if (isHeld || (document.activeElement?.closest(IN_DIALOG) ?? null) !== null) return;
  let typed = "";
  const onKey = (event: KeyboardEvent) => {
    // Tab, and what belongs to the browser, goes its way; no shortcut of the page sees it.
    event.stopImmediatePropagation();
    const { key } = event;
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey || key === "Tab") return;
    event.preventDefault();
    if (key === "Escape") {
      release();
      onEscape();
    } else if (key === "Backspace") typed = typed.slice(0, -1);
    else if (key.length === 1) typed += key;
  };
  const onFocus = ({ target }: FocusEvent) => {
    if (!(target instanceof HTMLElement) || target.closest(IN_DIALOG) === null) return;
    release();
    if (typed === "" || !isTextBox(target)) return;
    // As if it were typed now: whoever listens to the box hears of it.
    target.ownerDocument.execCommand("insertText", false, typed);
  };
  const timer = setTimeout(release, HOLD_MAX_MS);
  function release(): void {
    isHeld = false;
    clearTimeout(timer);
    window.removeEventListener("keydown", onKey, true);
    window.removeEventListener("pointerdown", release, true);
    document.removeEventListener("focusin", onFocus);
  }
  isHeld = true;
  // Before every listener of the page, React's too.
  window.addEventListener("keydown", onKey, true);
  window.addEventListener("pointerdown", release, true);
  document.addEventListener("focusin", onFocus);
}

function isTextBox(element: HTMLElement): boolean {
  return element instanceof HTMLTextAreaElement || (element instanceof HTMLInputElement && element.type !== "checkbox");
}
