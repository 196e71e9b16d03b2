import { SNIPPET_MAX } from "@/contract/conversation";
import { PREFIX_MIN } from "@/db/queries/conversations/search";

const WORD = /[\p{L}\p{N}\p{M}]+/gu;
/** Where `camelCase` and `HTTPServer` have parts. */
const PARTS = /(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/;
/** Characters shown before the first match. */
const BEFORE = 60;

export type SnippetPart = { text: string; isMatch: boolean };

/** Splits what was typed into the words that a message must contain: `src/login.ts` are three. */
export function wordsOf(text: string): string[] {
  return [...text.matchAll(WORD)].map(([word]) => word);
}

type Range = { from: number; to: number };

/** Returns a part of a message around the first words found, in pieces that say which of them match. */
export function snippetOf(text: string, words: readonly string[]): SnippetPart[] {
  const ranges = matchesIn(text, words);
  const first = ranges[0]?.from ?? 0;
  const from = first <= BEFORE ? 0 : wholeFrom(text, first - BEFORE);
  const to = wholeTo(text, Math.min(text.length, from + SNIPPET_MAX));
  const parts: SnippetPart[] = [];
  const add = (piece: string, isMatch: boolean) => piece !== "" && parts.push({ text: piece, isMatch });
  add(from > 0 ? "…" : "", false);
  let at = from;
  for (const range of ranges) {
    if (range.to > to) break;
    if (range.from < at) continue;
    add(text.slice(at, range.from), false);
    add(text.slice(range.from, range.to), true);
    at = range.to;
  }
  add(text.slice(at, to), false);
  add(to < text.length ? "…" : "", false);
  return parts;
}

/** Finds the words as the index does: whole words, parts of `camelCase`, and the beginning that the last word is. */
function matchesIn(text: string, words: readonly string[]): Range[] {
  const wanted = words.map((word) => word.toLowerCase());
  const last = wanted.at(-1) ?? "";
  const whole = new Set(wanted);
  const isPrefix = [...last].length >= PREFIX_MIN;
  const ranges: Range[] = [];
  for (const { 0: word, index } of text.matchAll(WORD)) {
    const known = matchOf(word, { whole, last, isPrefix });
    if (known !== null) {
      ranges.push({ from: index, to: index + known });
      continue;
    }
    let at = index;
    for (const part of word.split(PARTS)) {
      const found = matchOf(part, { whole, last, isPrefix });
      if (found !== null) ranges.push({ from: at, to: at + found });
      at += part.length;
    }
  }
  return ranges;
}

type Wanted = { whole: ReadonlySet<string>; last: string; isPrefix: boolean };

/** Returns how many characters of a word match; null: it does not. */
function matchOf(word: string, { whole, last, isPrefix }: Wanted): number | null {
  const lower = word.toLowerCase();
  // Where a letter has another length in lower case, the whole word is marked.
  if (whole.has(lower) || (isPrefix && lower.startsWith(last) && lower.length !== word.length)) return word.length;
  return isPrefix && lower.startsWith(last) ? last.length : null;
}

/** No piece begins or ends within a character of two units. */
const isLow = (text: string, at: number) => /[\udc00-\udfff]/.test(text[at] ?? "");
const wholeFrom = (text: string, at: number) => (isLow(text, at) ? at - 1 : at);
const wholeTo = (text: string, at: number) => (at < text.length && isLow(text, at) ? at - 1 : at);
