import {
  isRecord,
  type JsonSchema,
  LISTED,
  NAMED,
  placesIn,
  type SchemaNode,
  type SchemaNodes,
  SINGLE,
} from "./schema-nodes";

/** What is wrong with a schema, and where. */
export type SchemaFault = { path: string[]; message: string };
/** The JSON Schema drafts that a schema may use. */
type Draft = "2020-12" | "7";
type Check = (value: unknown, draft: Draft) => string | null;

const DRAFTS = new Map<unknown, Draft>([
  [undefined, "2020-12"],
  ["https://json-schema.org/draft/2020-12/schema", "2020-12"],
  ["http://json-schema.org/draft-07/schema", "7"],
  ["https://json-schema.org/draft-07/schema", "7"],
]);
/** Keywords that only one of the two drafts defines. */
const OF_ONE_DRAFT: Record<Draft, ReadonlySet<string>> = {
  "2020-12": new Set([
    ...["prefixItems", "dependentRequired", "dependentSchemas", "minContains", "maxContains"],
    ...["unevaluatedItems", "unevaluatedProperties"],
  ]),
  "7": new Set(["additionalItems", "dependencies"]),
};

const TYPES = new Set(["object", "array", "string", "number", "integer", "boolean", "null"]);
const NUMBERS = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"];
const COUNTS = [
  ...["minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties"],
  ...["minContains", "maxContains"],
];
const NAMES = ["$id", "$anchor", "$dynamicRef", "$dynamicAnchor", "$recursiveRef", "$recursiveAnchor"];
/** Keywords that a value is checked against. */
const HELD: ReadonlySet<string> = new Set([
  ...[SINGLE, LISTED, NAMED, NUMBERS, COUNTS].flatMap((keywords) => [...keywords]),
  ...["multipleOf", "type", "enum", "const", "required", "dependentRequired", "uniqueItems", "$ref"],
]);

/** Keywords whose subschemas apply to the same value, so that a schema could lead back to itself through them. */
const SAME_VALUE = new Set([
  ...["$ref", "anyOf", "oneOf", "allOf", "not", "if", "then", "else", "dependentSchemas", "dependencies"],
]);
/** Maximum chain of schemas that apply to one value: the validator recurses once for each. */
const LEAD_MAX = 32;
/** Keywords under which leaving out a part of the schema could make a fitting value fail. */
const DECISIVE = new Set(["not", "if", "oneOf", "contains"]);

/** Checks of a keyword's own value, whatever its subschemas contain. */
const CHECKS = new Map<string, Check>([
  ...each(NAMED, must(isRecord, "expected a JSON object of schemas")),
  ...each(LISTED, must(isFilled, "expected a list with at least one schema")),
  ...each(NUMBERS, must(Number.isFinite, "expected a number")),
  ...each(COUNTS, must(isCount, "expected a whole number of 0 or more")),
  ...each(["pattern", "format", "$ref"], must(isText, "expected a text")),
  ...each(NAMES, () => "schemas have no names here: say $ref with a place, as in #/$defs/x"),
  ["$schema", (value, draft) => (draftOf({ $schema: value }) === draft ? null : "expected the draft of the whole")],
  ["items", (value, draft) => (Array.isArray(value) && draft !== "7" ? "expected a schema: or say prefixItems" : null)],
  ["type", must(isType, `expected one of ${[...TYPES].join(", ")}, or a list of them`)],
  ["enum", must(isFilled, "expected a list with at least one value")],
  ["required", must(isTexts, "expected a list of names")],
  ["dependentRequired", must(isNamesByName, "expected a JSON object of lists of names")],
  ["dependencies", must(isDependencies, "expected a JSON object of schemas and lists of names")],
  ["uniqueItems", must((value) => typeof value === "boolean", "expected true or false")],
  ["multipleOf", must((value) => Number.isFinite(value) && Number(value) > 0, "expected a number above 0")],
  ["patternProperties", () => "this keyword is not supported: say it in words, in a description"],
  ["nullable", () => 'this is not of JSON Schema: say type: ["string", "null"], with the type that it is'],
]);

/** Returns the draft that a schema's `$schema` names: 2020-12 where it names none, undefined where it names another. */
export function draftOf({ $schema }: JsonSchema): Draft | undefined {
  return DRAFTS.get(typeof $schema === "string" ? $schema.replace(/#$/, "") : $schema);
}

/** Returns the fault that prevents checking values against a schema; null where there is none. */
export function faultIn(root: JsonSchema): SchemaFault | null {
  const draft = draftOf(root);
  if (draft === undefined) return { path: ["$schema"], message: "expected the draft 2020-12 or draft-07" };
  const faults: SchemaFault[] = [];
  const places = placesIn(root, ({ schema, path }) => {
    const fault = faultOf(schema, path, draft);
    if (fault !== null) faults.push(fault);
    return fault === null;
  });
  return faults[0] ?? unknownRefIn(places) ?? endlessLeadIn(places) ?? undecidableIn(places);
}

/**
 * Whether values are checked against a keyword. `pattern` is not checked, since a caller's regular expression could run
 * for ever; nor is `format`, which the standard treats as an annotation. Enforcing these two is left to the provider.
 */
export function isHeld(keyword: string): boolean {
  return HELD.has(keyword);
}

function faultOf(schema: unknown, path: string[], draft: Draft): SchemaFault | null {
  if (typeof schema === "boolean") return null;
  if (!isRecord(schema)) return { path, message: "expected a schema: a JSON object, true or false" };
  const other = draft === "7" ? "2020-12" : "7";
  for (const [keyword, value] of Object.entries(schema)) {
    // Published schemas name their root in this way. A reference by that name is refused like any other reference
    // outside the schema.
    if (keyword === "$id" && path.length === 0 && isText(value)) continue;
    const message = OF_ONE_DRAFT[other].has(keyword)
      ? `this keyword is of draft ${other}, and the schema of draft ${draft}`
      : (CHECKS.get(keyword)?.(value, draft) ?? null);
    if (message !== null) return { path: [...path, keyword], message };
  }
  return null;
}

/** A reference to something that is not a schema within the same root. */
function unknownRefIn(places: SchemaNodes): SchemaFault | null {
  for (const { path, steps } of places.values()) {
    if (steps.some(({ to }) => !places.has(to)))
      return { path: [...path, "$ref"], message: "expected # or the place of a schema in it, as in #/$defs/x" };
  }
  return null;
}

/**
 * A schema that leads back to itself, or through too many others, for one value before reaching a property or an item.
 */
function endlessLeadIn(places: SchemaNodes): SchemaFault | null {
  /** The length of the longest chain from a schema; one that is already counted is not counted again. */
  const counts = new Map<string, number>();
  const count = (pointer: string, before: number): number => {
    const known = counts.get(pointer);
    if (known !== undefined || before > LEAD_MAX) return known ?? 0;
    const steps = places.get(pointer)?.steps.filter(({ keyword }) => SAME_VALUE.has(keyword)) ?? [];
    const most = Math.max(0, ...steps.map(({ to }) => 1 + count(to, before + 1)));
    counts.set(pointer, most);
    return most;
  };
  for (const [pointer, { path }] of places) {
    if (count(pointer, 0) > LEAD_MAX)
      return { path, message: `leads to itself, or over more than ${LEAD_MAX} others, without a property or an item` };
  }
  return null;
}

/**
 * A regular expression in a place where a value that fits the rest may not fit the whole: it is never run, and cannot
 * be left out there.
 */
function undecidableIn(places: SchemaNodes): SchemaFault | null {
  const steps = [...places.values()].flatMap((place) => place.steps);
  const reached = new Set(steps.filter(({ keyword }) => DECISIVE.has(keyword)).map(({ to }) => to));
  // A Set's iteration includes what is added during it.
  for (const pointer of reached) {
    const { schema, path, steps = [] } = places.get(pointer) as SchemaNode;
    if (isRecord(schema) && "pattern" in schema)
      return {
        path: [...path, "pattern"],
        message: `no expression can be checked within ${[...DECISIVE].join(", ")}: leave it out, or say anyOf`,
      };
    for (const { to } of steps) reached.add(to);
  }
  return null;
}

function each(keywords: Iterable<string>, check: Check): [string, Check][] {
  return [...keywords].map((keyword) => [keyword, check]);
}

function must(isSound: (value: unknown) => boolean, message: string): Check {
  return (value) => (isSound(value) ? null : message);
}

function isFilled(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0;
}

function isText(value: unknown): boolean {
  return typeof value === "string";
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every(isText);
}

function isCount(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) >= 0;
}

function isType(value: unknown): boolean {
  const types: unknown[] = Array.isArray(value) ? value : [value];
  return types.length > 0 && types.every((type) => typeof type === "string" && TYPES.has(type));
}

function isNamesByName(value: unknown): boolean {
  return isRecord(value) && Object.values(value).every(isTexts);
}

function isDependencies(value: unknown): boolean {
  return isRecord(value) && Object.values(value).every((inner) => !Array.isArray(inner) || isTexts(inner));
}
