import {
  collectNodes,
  isRecord,
  type JsonSchema,
  SCHEMA_KEYWORDS,
  SCHEMA_LIST_KEYWORDS,
  SCHEMA_MAP_KEYWORDS,
  type SchemaNode,
  type SchemaNodes,
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
const DRAFT_KEYWORDS: Record<Draft, ReadonlySet<string>> = {
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
const CHECKED_KEYWORDS: ReadonlySet<string> = new Set([
  ...[SCHEMA_KEYWORDS, SCHEMA_LIST_KEYWORDS, SCHEMA_MAP_KEYWORDS, NUMBERS, COUNTS].flatMap((keywords) => [...keywords]),
  ...["multipleOf", "type", "enum", "const", "required", "dependentRequired", "uniqueItems", "$ref"],
]);

/** Keywords whose subschemas apply to the same value, so that a schema could lead back to itself through them. */
const SAME_VALUE_KEYWORDS = new Set([
  ...["$ref", "anyOf", "oneOf", "allOf", "not", "if", "then", "else", "dependentSchemas", "dependencies"],
]);
/** Maximum chain of schemas that apply to one value: the validator recurses once for each. */
const CHAIN_MAX = 32;
/** Keywords under which leaving out a part of the schema could make a fitting value fail. */
const DECISIVE_KEYWORDS = new Set(["not", "if", "oneOf", "contains"]);

/** Checks of a keyword's own value, whatever its subschemas contain. */
const KEYWORD_CHECKS = new Map<string, Check>([
  ...forEachKeyword(SCHEMA_MAP_KEYWORDS, requireThat(isRecord, "expected a JSON object of schemas")),
  ...forEachKeyword(SCHEMA_LIST_KEYWORDS, requireThat(isNonEmptyList, "expected a list with at least one schema")),
  ...forEachKeyword(NUMBERS, requireThat(Number.isFinite, "expected a number")),
  ...forEachKeyword(COUNTS, requireThat(isNonNegativeInteger, "expected a whole number of 0 or more")),
  ...forEachKeyword(["pattern", "format", "$ref"], requireThat(isString, "expected a text")),
  ...forEachKeyword(NAMES, () => "schemas have no names here: say $ref with a place, as in #/$defs/x"),
  ["$schema", (value, draft) => (findDraft({ $schema: value }) === draft ? null : "expected the draft of the whole")],
  ["items", (value, draft) => (Array.isArray(value) && draft !== "7" ? "expected a schema: or say prefixItems" : null)],
  ["type", requireThat(isType, `expected one of ${[...TYPES].join(", ")}, or a list of them`)],
  ["enum", requireThat(isNonEmptyList, "expected a list with at least one value")],
  ["required", requireThat(isStringList, "expected a list of names")],
  ["dependentRequired", requireThat(isStringListMap, "expected a JSON object of lists of names")],
  ["dependencies", requireThat(isDependencies, "expected a JSON object of schemas and lists of names")],
  ["uniqueItems", requireThat((value) => typeof value === "boolean", "expected true or false")],
  ["multipleOf", requireThat((value) => Number.isFinite(value) && Number(value) > 0, "expected a number above 0")],
  ["patternProperties", () => "this keyword is not supported: say it in words, in a description"],
  ["nullable", () => 'this is not of JSON Schema: say type: ["string", "null"], with the type that it is'],
]);

/** Returns the draft that a schema's `$schema` names: 2020-12 where it names none, undefined where it names another. */
export function findDraft({ $schema }: JsonSchema): Draft | undefined {
  return DRAFTS.get(typeof $schema === "string" ? $schema.replace(/#$/, "") : $schema);
}

/** Returns the fault that prevents checking values against a schema; null where there is none. */
export function findSchemaFault(root: JsonSchema): SchemaFault | null {
  const draft = findDraft(root);
  if (draft === undefined) return { path: ["$schema"], message: "expected the draft 2020-12 or draft-07" };
  const faults: SchemaFault[] = [];
  const nodes = collectNodes(root, ({ schema, path }) => {
    const fault = findNodeFault(schema, path, draft);
    if (fault !== null) faults.push(fault);
    return fault === null;
  });
  return faults[0] ?? findUnknownRef(nodes) ?? findEndlessChain(nodes) ?? findUndecidable(nodes);
}

/**
 * Whether values are checked against a keyword. `pattern` is not checked, since a caller's regular expression could run
 * for ever; nor is `format`, which the standard treats as an annotation. Enforcing these two is left to the provider.
 */
export function isCheckedKeyword(keyword: string): boolean {
  return CHECKED_KEYWORDS.has(keyword);
}

function findNodeFault(schema: unknown, path: string[], draft: Draft): SchemaFault | null {
  if (typeof schema === "boolean") return null;
  if (!isRecord(schema)) return { path, message: "expected a schema: a JSON object, true or false" };
  const other = draft === "7" ? "2020-12" : "7";
  for (const [keyword, value] of Object.entries(schema)) {
    // Published schemas name their root in this way. A reference by that name is refused like any other reference
    // outside the schema.
    if (keyword === "$id" && path.length === 0 && isString(value)) continue;
    const message = DRAFT_KEYWORDS[other].has(keyword)
      ? `this keyword is of draft ${other}, and the schema of draft ${draft}`
      : (KEYWORD_CHECKS.get(keyword)?.(value, draft) ?? null);
    if (message !== null) return { path: [...path, keyword], message };
  }
  return null;
}

/** A reference to something that is not a schema within the same root. */
function findUnknownRef(nodes: SchemaNodes): SchemaFault | null {
  for (const { path, steps } of nodes.values()) {
    if (steps.some(({ to }) => !nodes.has(to)))
      return { path: [...path, "$ref"], message: "expected # or the place of a schema in it, as in #/$defs/x" };
  }
  return null;
}

/**
 * A schema that leads back to itself, or through too many others, for one value before reaching a property or an item.
 */
function findEndlessChain(nodes: SchemaNodes): SchemaFault | null {
  /** The length of the longest chain from a schema; one that is already counted is not counted again. */
  const counts = new Map<string, number>();
  const chainLength = (pointer: string, depth: number): number => {
    const counted = counts.get(pointer);
    if (counted !== undefined || depth > CHAIN_MAX) return counted ?? 0;
    const steps = nodes.get(pointer)?.steps.filter(({ keyword }) => SAME_VALUE_KEYWORDS.has(keyword)) ?? [];
    const longest = Math.max(0, ...steps.map(({ to }) => 1 + chainLength(to, depth + 1)));
    counts.set(pointer, longest);
    return longest;
  };
  for (const [pointer, { path }] of nodes) {
    if (chainLength(pointer, 0) > CHAIN_MAX)
      return { path, message: `leads to itself, or over more than ${CHAIN_MAX} others, without a property or an item` };
  }
  return null;
}

/**
 * A regular expression in a place where a value that fits the rest may not fit the whole: it is never run, and cannot
 * be left out there.
 */
function findUndecidable(nodes: SchemaNodes): SchemaFault | null {
  const steps = [...nodes.values()].flatMap((node) => node.steps);
  const reached = new Set(steps.filter(({ keyword }) => DECISIVE_KEYWORDS.has(keyword)).map(({ to }) => to));
  // A Set's iteration includes what is added during it.
  for (const pointer of reached) {
    const { schema, path, steps = [] } = nodes.get(pointer) as SchemaNode;
    if (isRecord(schema) && "pattern" in schema)
      return {
        path: [...path, "pattern"],
        message: `no expression can be checked within ${[...DECISIVE_KEYWORDS].join(", ")}: leave it out, or say anyOf`,
      };
    for (const { to } of steps) reached.add(to);
  }
  return null;
}

function forEachKeyword(keywords: Iterable<string>, check: Check): [string, Check][] {
  return [...keywords].map((keyword) => [keyword, check]);
}

function requireThat(isValid: (value: unknown) => boolean, message: string): Check {
  return (value) => (isValid(value) ? null : message);
}

function isNonEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0;
}

function isString(value: unknown): boolean {
  return typeof value === "string";
}

function isStringList(value: unknown): boolean {
  return Array.isArray(value) && value.every(isString);
}

function isNonNegativeInteger(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) >= 0;
}

function isType(value: unknown): boolean {
  const types: unknown[] = Array.isArray(value) ? value : [value];
  return types.length > 0 && types.every((type) => typeof type === "string" && TYPES.has(type));
}

function isStringListMap(value: unknown): boolean {
  return isRecord(value) && Object.values(value).every(isStringList);
}

function isDependencies(value: unknown): boolean {
  return isRecord(value) && Object.values(value).every((inner) => !Array.isArray(inner) || isStringList(inner));
}
