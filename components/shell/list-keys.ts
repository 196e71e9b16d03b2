/** The rows of the page's tables and lists, in the order they stand in. */
function rowLinks(): HTMLAnchorElement[] {
  return [...document.querySelectorAll<HTMLElement>("[data-row]")].flatMap((row) => {
    const link = row.querySelector<HTMLAnchorElement>("a[href]");
    return link === null ? [] : [link];
  });
}

/** The row that has the focus, or holds what has it. */
export function rowInFocus(): Element | null {
  return document.activeElement?.closest("[data-row]") ?? null;
}

/** The key of that row. */
export function keyInFocus(): string | null {
  return rowInFocus()?.getAttribute("data-row") ?? null;
}

function current(links: HTMLAnchorElement[]): number {
  const row = rowInFocus();
  return links.findIndex((link) => link.closest("[data-row]") === row);
}

/** From a group's head the row below or above it; from elsewhere the first or the last. */
function besideHead(links: HTMLAnchorElement[], step: 1 | -1): number {
  const head = document.activeElement?.closest("[data-group-head]") ?? null;
  if (head === null) return step === 1 ? 0 : links.length - 1;
  const isBehind = (link: Node) => (head.compareDocumentPosition(link) & Node.DOCUMENT_POSITION_FOLLOWING) !== 0;
  const behind = links.findIndex(isBehind);
  return (behind === -1 ? links.length : behind) + (step === 1 ? 0 : -1);
}

/** Moves the focus to the row below or above; focus is the selection, so screen readers say it. */
export function moveRow(step: 1 | -1): void {
  const links = rowLinks();
  if (links.length === 0) return;
  const index = current(links);
  const next = index === -1 ? besideHead(links, step) : index + step;
  links[Math.min(links.length - 1, Math.max(0, next))]?.focus();
}

export function openRow(): void {
  const links = rowLinks();
  links[current(links)]?.click();
}

/** Opens the menu of what can be done to the row. */
export function openRowMenu(): void {
  rowInFocus()?.querySelector<HTMLButtonElement>("button[aria-haspopup=menu]")?.click();
}

/** Brings the focus to a row, as the keys that move it do. */
export function focusRow(key: string): void {
  const row = document.querySelector(`[data-row="${CSS.escape(key)}"]`);
  row?.querySelector<HTMLElement>("a[href]")?.focus();
}
