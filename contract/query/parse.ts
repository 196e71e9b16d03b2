import { KEY, type Operator, type Part, QUERY_MAX, QUOTED_TO_END, unquote } from "./language";

const SPACE = /\s+/y;
const NOT = /-(?=\S)/y;
const KEYED = new RegExp(KEY, "iy");
const QUOTED = new RegExp(QUOTED_TO_END, "y");
const BARE = /\S*/y;

/** Returns the parts of a text, in order. */
export function parseQuery(text: string): Part[] {
  const whole = text.slice(0, QUERY_MAX);
  const parts: Part[] = [];
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(whole);
    if (found !== null) at = pattern.lastIndex;
    return found;
  };
  for (take(SPACE); at < whole.length; take(SPACE)) {
    const start = at;
    const isNot = take(NOT) !== null;
    const [, named, quotedName, name, plain, colon, than] = take(KEYED) ?? [];
    const valueAt = at;
    const quoted = take(QUOTED);
    const value = quoted === null ? (take(BARE)?.[0] ?? "") : unquote(quoted[1] ?? "");
    const of = named === undefined ? {} : { of: quotedName === undefined ? (name ?? "") : unquote(quotedName) };
    const operator = (colon ?? than ?? ":") as Operator;
    parts.push({ isNot, key: named ?? plain ?? null, ...of, operator, value, start, valueAt, end: at });
  }
  return parts;
}
