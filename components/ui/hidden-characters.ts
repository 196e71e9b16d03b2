/** Everything that takes no ink, or changes the order of what does; a plain space alone is what it looks like. */
const HIDDEN_IN_NAMES = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Zs}\u115f\u1160\u3164\uffa0]/gu;

/** A name of an agent's making, with what cannot be seen in it written out: `a\u{202e}b`. */
export function revealHiddenInName(text: string): string {
  return text.replaceAll(HIDDEN_IN_NAMES, (character) =>
    character === " " ? " " : `\\u{${character.codePointAt(0)?.toString(16) ?? ""}}`,
  );
}

/**
 * What reorders what is read, or hides in it: control characters but those of a line's end, marks and overrides of
 * direction, and characters without ink. Joiners stay, by which letters and emoji are made, and so do variation selectors.
 */
const HIDDEN_IN_TEXT =
  /(?![\t\n\r])[\p{Cc}\p{Cs}\u00ad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;

/**
 * A text that others wrote, of any length, with what would show it as something else written out. Whatever the console
 * draws of an agent's, a repository's or a provider's making goes through here (see `scripts/foreign-text.mjs`).
 */
export function revealHidden(text: string): string;
export function revealHidden(text: string | null): string | null;
export function revealHidden(text: string | undefined): string | undefined;
export function revealHidden(text: string | null | undefined): string | null | undefined;
export function revealHidden(text: string | null | undefined): string | null | undefined {
  return (
    text?.replaceAll(HIDDEN_IN_TEXT, (character) => `\\u{${character.codePointAt(0)?.toString(16) ?? ""}}`) ?? text
  );
}

/** The same in JSON that is to be read and changed: what is written out means what it did. */
export function escapeHidden(json: string): string {
  return json.replaceAll(HIDDEN_IN_TEXT, (character) =>
    Array.from({ length: character.length }, (_, index) => unitOf(character.charCodeAt(index))).join(""),
  );
}

const unitOf = (code: number): string => `\\u${code.toString(16).padStart(4, "0")}`;
