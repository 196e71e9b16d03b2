import { type Operator, type Part, QUERY_MAX } from "./language";

const SPACE = /\s+/y;
const NOT = /-(?=\S)/y;
const KEY = /([A-Za-z][A-Za-z-]*)(?:([:~])|([<>])=?)/y;
const QUOTED = /"((?:[^"\\]|\\[\s\S]|\\$)*)(?:"|$)/y;
const BARE = /\S*/y;

/** The parts of a text, in its order. */
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
    const keyed = take(KEY);
    const valueAt = at;
    const quoted = take(QUOTED);
    const value = quoted === null ? (take(BARE)?.[0] ?? "") : unquote(quoted[1] ?? "");
    const operator = (keyed?.[2] ?? keyed?.[3] ?? ":") as Operator;
    parts.push({ isNot, key: keyed?.[1] ?? null, operator, value, start, valueAt, end: at });
  }
  return parts;
}

function unquote(quoted: string): string {
  return quoted.replace(/\\([\s\S])/g, "$1");
}
