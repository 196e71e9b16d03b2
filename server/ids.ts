import { uuidv7 } from "uuidv7";
import { ID_PREFIX } from "@/contract/words";

/** Makes a new id: the kind's prefix and a time-ordered UUID, so that new rows lie together in every index. */
export function newId(kind: keyof typeof ID_PREFIX): string {
  return `${ID_PREFIX[kind]}${uuidv7().replaceAll("-", "")}`;
}

const COUNTED_DIGITS = 8;

/**
 * Makes several new ids for the price of one: the last 32 bits, random in the first id, are counted up. Two calls never
 * share the bits before them, which the generator itself counts up.
 */
export function newIds(kind: keyof typeof ID_PREFIX, count: number): string[] {
  const first = newId(kind);
  const shared = first.slice(0, -COUNTED_DIGITS);
  const start = Number.parseInt(first.slice(-COUNTED_DIGITS), 16);
  return Array.from(
    { length: count },
    (_, index) => shared + ((start + index) >>> 0).toString(16).padStart(COUNTED_DIGITS, "0"),
  );
}
