import { PAIRS, printName, printValue, unquote } from "./language";
import type { QueryKey } from "./page";

/** The metadata that a list's rows must have, as programs ask for it: names, each with its value. */
export type MetadataFilter = Record<string, string | number | boolean | null>;

/** Maximum pairs in one filter: no index answers them. */
export const METADATA_PAIRS_MAX = 5;

/**
 * Prints pairs as one text, as a filter's field and the address hold them, sorted by name: `team:"shop floor"
 * ticket:7`.
 */
export function printPairs(pairs: readonly (readonly [string, string])[]): string | null {
  const sorted = [...pairs].sort(([one], [other]) => (one < other ? -1 : 1));
  return sorted.map(([name, value]) => `${printName(name)}:${printValue(value)}`).join(" ") || null;
}

/** Reads the pairs of such a text, each name once; stops at the first thing that is not a pair. */
export function readPairs(text: string | null): [name: string, value: string][] {
  const pairs = new Map<string, string>();
  for (const [, quotedName, name = "", quoted, bare = ""] of (text ?? "").matchAll(PAIRS)) {
    pairs.set(quotedName === undefined ? name : unquote(quotedName), quoted === undefined ? bare : unquote(quoted));
  }
  return [...pairs];
}

/** Reads such a text from an address: null where it holds no pairs, or pairs that no list accepts. */
export function parsePairs(text: string): string | null {
  const pairs = readPairs(text);
  const areValid = pairs.flat().every(isValidText);
  return areValid && pairs.length <= METADATA_PAIRS_MAX ? printPairs(pairs) : null;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it refuses.
const isValidText = (text: string) => /^[^\u0000-\u001f\u007f]{1,200}$/.test(text);

/** Converts a filter's field to the server's input. */
export function metadataInput(text: string | null): { metadata?: MetadataFilter } {
  return text === null ? {} : { metadata: Object.fromEntries(readPairs(text)) };
}

/** Returns the values that a text matches: the text itself, and the number, boolean or null that is written like it. */
export function matchingValues(value: MetadataFilter[string]): MetadataFilter[string][] {
  if (typeof value !== "string") return [value];
  if (value === "null") return [value, null];
  if (value === "true" || value === "false") return [value, value === "true"];
  const number = Number(value);
  return Number.isFinite(number) && String(number) === value ? [value, number] : [value];
}

/** Whether a record has the pairs of a filter's field; the server applies the same rule. */
export function hasPairs(metadata: Record<string, unknown>, text: string | null): boolean {
  return readPairs(text).every(
    ([name, value]) => Object.hasOwn(metadata, name) && (matchingValues(value) as unknown[]).includes(metadata[name]),
  );
}

/** The query keys of a list whose rows have metadata. */
export function metadataKeys(): QueryKey<"metadata">[] {
  const key = { kind: "pairs", fields: { ":": "metadata" } } as const;
  return [
    { ...key, name: "metadata", help: "A value in its metadata by its name there; of 5 names at most" },
    { ...key, name: "meta", help: "The same, written shorter", isAlias: true },
  ];
}
