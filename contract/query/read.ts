import type { FieldValue } from "./kinds";
import { type Condition, type Operator, type Part, printKey, printQuery, printValue, QUERY_MAX } from "./language";
import { METADATA_PAIRS_MAX, printPairs } from "./metadata";
import { nearest } from "./nearest";
import type { Filter, QueryKey, QueryPage } from "./page";
import { parseQuery } from "./parse";
import { readText, readValue } from "./read-value";

/** What is wrong with part of a text; `fix` is the text to write in its place. */
export type Problem = { start: number; end: number; message: string; fix: string | null };
export type Reading<Of extends Filter> = { filter: Of; problems: Problem[] };

/**
 * Returns the filter that a text stands for. Where there are problems the filter is incomplete and must not be used.
 */
export function readQuery<Of extends Filter>(page: QueryPage<Of>, text: string): Reading<Of> {
  const problems: Problem[] = [];
  const fieldValues: Partial<Record<keyof Of, FieldValue>> = {};
  const words: Part[] = [];
  const pairs = new Map<string, string>();
  const addPart = (part: Part, read: Read) => {
    if ("message" in read) problems.push({ start: part.start, end: part.end, ...read });
    else if (read.of === undefined ? read.field in fieldValues : pairs.has(read.of))
      addPart(part, { message: `“${conditionName(part)}” is said twice`, fix: null });
    else if (read.of === undefined) fieldValues[read.field as keyof Of] = read.value;
    else if (pairs.size === METADATA_PAIRS_MAX)
      addPart(part, { message: `“${part.key}” is said for ${METADATA_PAIRS_MAX} names at most`, fix: null });
    else fieldValues[read.field as keyof Of] = printPairs([...pairs.set(read.of, String(read.value))]);
  };
  for (const part of parseQuery(text)) {
    const recognised = Object.entries(page.recognise?.(partText(part, text)) ?? {});
    if (recognised.length > 0) for (const [field, value] of recognised) addPart(part, readWords(field, String(value)));
    else if (part.key !== null) addPart(part, readPart(page, part));
    else if (part.isNot || page.words === null) addPart(part, refuseWord(page, part, text));
    else words.push(part);
  }
  const [first] = words;
  const freeText = words.map(({ value }) => value).join(" ");
  if (first !== undefined && page.words !== null && freeText !== "")
    addPart(first, readWords(page.words.field, freeText));
  if (text.length > QUERY_MAX) {
    const message = `A query has ${QUERY_MAX} characters at most`;
    problems.push({ start: QUERY_MAX, end: text.length, message, fix: null });
  }
  return { filter: { ...page.none, ...fieldValues }, problems };
}

/** `of`: the name of one pair. */
type Read = { field: string; value: FieldValue; of?: string } | Pick<Problem, "message" | "fix">;

function readPart<Of extends Filter>(page: QueryPage<Of>, part: Part): Read {
  const names = page.keys.map(({ name }) => name);
  const key = page.keys.find(({ name }) => name === part.key?.toLowerCase());
  if (key === undefined) return unknownKey(page, part, names);
  const field = key.fields[part.operator];
  if (field === undefined) return wrongOperator(key, part);
  if (key.kind === "pairs" && !part.of)
    return { message: `“${key.name}” needs a name: write ${key.name}.NAME:…`, fix: null };
  const name = readText(key.name, part.of ?? "");
  if ("problem" in name) return wrongValue(part, name);
  const read = readValue(key, part.value);
  if ("problem" in read) return wrongValue(part, read);
  const { of } = part;
  if (!part.isNot) return { field, value: read.value, ...(of === undefined ? {} : { of }) };
  if (key.kind === "flag") return { field, value: !read.value };
  const refused = `-${printKey(key.name, of)}`;
  return { message: `“${refused}” cannot be used here: lists are searched for what matches only`, fix: null };
}

function unknownKey({ words }: Pick<QueryPage, "words">, part: Part, names: readonly string[]): Read {
  const name = conditionName(part);
  const suggestion = part.of === undefined ? nearest(part.key ?? "", names) : null;
  if (suggestion !== null)
    return {
      message: `Unknown filter “${name}”: did you mean “${suggestion}”?`,
      fix: printAs({ ...part, key: suggestion }),
    };
  const message = `Unknown filter “${name}”: there are ${names.join(", ")}`;
  const asWord = { ...part, key: null, value: `${name}${part.operator}${part.value}` };
  return { message, fix: words === null ? null : printAs(asWord) };
}

function wrongOperator(key: QueryKey, part: Part): Read {
  const [operator] = Object.keys(key.fields);
  return {
    message: `“${conditionName(part)}${part.operator}” cannot be used here: write ${printKey(key.name, part.of)}${operator}…`,
    fix: printAs({ ...part, key: key.name, operator: operator as Operator }),
  };
}

function wrongValue(part: Part, { problem, nearestOf }: { problem: string; nearestOf: readonly string[] }): Read {
  if (nearestOf.length === 0) return { message: problem, fix: null };
  const suggestion = nearest(part.value, nearestOf);
  const hint = suggestion === null ? `there are ${nearestOf.join(", ")}` : `did you mean “${suggestion}”?`;
  return { message: `${problem}: ${hint}`, fix: suggestion === null ? null : printAs({ ...part, value: suggestion }) };
}

/** Reads free text into its field. */
function readWords(field: string, text: string): Read {
  const read = readText("text", text);
  return "problem" in read ? { message: read.problem, fix: null } : { field, value: read.value };
}

function refuseWord(page: Pick<QueryPage, "words" | "keys">, part: Part, text: string): Read {
  if (page.words === null)
    return { message: `Free text cannot be used here: write one of ${page.keys[0]?.name ?? "the keys"}:…`, fix: null };
  const word = text.slice(part.start, part.end);
  // Its minus sign is then part of the word.
  const fix = printAs({ ...part, isNot: false, value: word });
  return { message: `“${word}” cannot be used here: lists are searched for what matches only`, fix };
}

function printAs(condition: Condition): string {
  return printQuery([condition]);
}

function conditionName({ key, of, value }: Part): string {
  return key === null ? printValue(value) : printKey(key, of);
}

/** Returns the text in this place as a word: it has no key, or would have none, as in `operator:ann`. */
function partText(part: Part, text: string): string {
  return part.key === null && !part.isNot ? part.value : text.slice(part.start, part.end);
}
