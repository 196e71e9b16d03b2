import { cleanText } from "@/contract/text";
import { redactText } from "@/server/events";

/** How much of a provider's message is read, and how much is shown. */
const READ_MAX = 64 * 1024;
const TOLD_MAX = 2_000;
/** The length of a character's longest spelling below. */
const SPELLING_MAX = 8;

/**
 * Returns a provider's error message as it may be shown and logged: without its key, in any spelling, and without
 * anything that looks like a secret. It is shortened last, because a key that was cut first would leave a part; and
 * cleaned after that, because neither the database nor an agent reads half a character.
 */
export function providerWords(text: string, key: string | null, toldMax = TOLD_MAX): string {
  const read = text.length <= READ_MAX ? text : text.slice(0, READ_MAX - SPELLING_MAX * (key?.length ?? 0));
  return cleanText(redactText(withoutKey(read, key)).slice(0, toldMax));
}

/** Removes a key from a text: as it is, escaped as in JSON, even twice, or percent-encoded. */
export function withoutKey(text: string, key: string | null): string {
  return key === null || key === "" ? text : text.replace(spellingsOf(key), "[redacted]");
}

function spellingsOf(key: string): RegExp {
  const letters = [...key].map((letter) => {
    const hex = letter.charCodeAt(0).toString(16).padStart(2, "0");
    const anyCase = `(?:${hex}|${hex.toUpperCase()})`;
    // The number of escapes is bounded: an unbounded repetition would be searched again from each escape.
    return `(?:\\\\{0,3}${letter.replace(/[^A-Za-z0-9]/, "\\$&")}|\\\\{1,3}u00${anyCase}|%${anyCase})`;
  });
  return new RegExp(letters.join(""), "g");
}
