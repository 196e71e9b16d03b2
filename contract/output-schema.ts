import { z } from "zod";
import { jsonObject } from "./json";

/** Bytes of a JSON Schema that a turn's answer is asked to have. */
export const OUTPUT_SCHEMA_MAX_BYTES = 64 * 1024;
/** Levels of JSON in such a schema; OpenAI's models take ten levels of objects, each of which is two of JSON. */
const OUTPUT_SCHEMA_DEPTH_MAX = 32;
/** Bytes of JSON that a turn's output has at most. */
export const OUTPUT_MAX_BYTES = 1024 * 1024;

const TYPES = new Set(["object", "array", "string", "number", "integer", "boolean", "null"]);
/** Keywords that hold a schema by name, a list of schemas, or one schema. */
const NAMED = new Set(["properties", "$defs", "definitions"]);
const LISTED = new Set(["anyOf", "oneOf", "allOf", "prefixItems"]);
const SINGLE = new Set(["items", "additionalProperties"]);
/** Keywords with a number that a value is held against. */
const COUNTED = new Set([
  ...["minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties"],
  ...["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"],
]);
/** Keywords that decide what fits, and that nobody here could hold a value against. */
const UNKNOWN = new Set([
  ...["not", "if", "then", "else", "patternProperties", "propertyNames", "dependentSchemas", "dependentRequired"],
  ...["dependencies", "contains", "minContains", "maxContains", "additionalItems"],
  ...["unevaluatedItems", "unevaluatedProperties", "$dynamicRef", "$recursiveRef"],
]);

type Schema = Record<string, unknown>;
type Place = { schema: unknown; path: string[] };
type Fault = { path: string[]; message: string };

/** A JSON Schema that a turn's answer is to fit: an object at its root, within bounds, of keywords that can be checked. */
export const OutputSchema = jsonObject(OUTPUT_SCHEMA_MAX_BYTES, OUTPUT_SCHEMA_DEPTH_MAX)
  .superRefine((schema, refinement) => {
    const fault = schema.type === "object" ? faultIn(schema) : { path: ["type"], message: ROOT };
    if (fault !== null) refinement.addIssue({ code: "custom", ...fault });
  })
  .meta({
    description:
      "a JSON Schema of the type object, at most 64 KiB: the turn's last message is JSON that fits it, and is the command's `output`",
  });

const ROOT = `a schema for an answer is of the type "object": put what else it should be into a property`;

/** What is wrong with a schema; null where nothing is. Level by level, so that no depth exhausts the stack. */
function faultIn(root: Schema): Fault | null {
  const work: Place[] = [{ schema: root, path: [] }];
  for (let place = work.pop(); place !== undefined; place = work.pop()) {
    const { schema, path } = place;
    if (!isRecord(schema)) return { path, message: "expected a schema: a JSON object" };
    for (const [keyword, value] of Object.entries(schema)) {
      const at = [...path, keyword];
      const message = faultOf(keyword, value, root);
      if (message !== null) return { path: at, message };
      work.push(...within(keyword, value, at));
    }
  }
  return null;
}

/** What is wrong with a keyword's own value, whatever the schemas in it are. */
function faultOf(keyword: string, value: unknown, root: Schema): string | null {
  if (UNKNOWN.has(keyword)) return "this keyword is not supported: say it in words, in a description";
  if (keyword === "type") return isType(value) ? null : `expected one of ${[...TYPES].join(", ")}, or a list of them`;
  if (keyword === "enum") return isFilled(value) ? null : "expected a list with at least one value";
  if (keyword === "required") return isTexts(value) ? null : "expected a list of names";
  if (keyword === "$ref") return refersTo(root, value) === undefined ? "expected # or a name in #/$defs/" : null;
  if (NAMED.has(keyword)) return isRecord(value) ? null : "expected a JSON object of schemas";
  if (LISTED.has(keyword)) return isFilled(value) ? null : "expected a list with at least one schema";
  if (COUNTED.has(keyword)) return typeof value === "number" ? null : "expected a number";
  return null;
}

/** The schemas that a keyword holds. */
function within(keyword: string, value: unknown, path: string[]): Place[] {
  if (NAMED.has(keyword)) return Object.entries(value as Schema).map(([name, schema]) => inside(schema, path, name));
  if (LISTED.has(keyword)) return (value as unknown[]).map((schema, index) => inside(schema, path, String(index)));
  return SINGLE.has(keyword) && typeof value !== "boolean" ? [{ schema: value, path }] : [];
}

function inside(schema: unknown, path: string[], name: string): Place {
  return { schema, path: [...path, name] };
}

function refersTo(root: Schema, ref: unknown): unknown {
  if (ref === "#") return root;
  const [, place = "", name = ""] = /^#\/(\$defs|definitions)\/([^/]+)$/.exec(String(ref)) ?? [];
  const known = root[place];
  const key = name.replaceAll("~1", "/").replaceAll("~0", "~");
  return isRecord(known) && Object.hasOwn(known, key) ? known[key] : undefined;
}

/**
 * The part of a sound schema that a value is held against. What is left out is the provider's to keep: `pattern`, since
 * an expression that somebody sent could take for ever; `format`, which is no more than a word in the standard; and
 * `default`, since a value that is missing is missing.
 */
export function checkedPart(schema: Schema): Schema {
  const kept = Object.entries(mapInner(schema, checkedPart)).filter(([keyword]) => isChecked(keyword));
  return Object.fromEntries(kept);
}

/**
 * The same schema, the properties of each object in the order in which it requires them. A model answers in the order
 * of its schema, and what is stored keeps that of lists alone.
 */
export function inRequiredOrder(schema: Schema): Schema {
  const inner = mapInner(schema, inRequiredOrder);
  const { properties, required } = inner;
  if (!isRecord(properties) || !Array.isArray(required)) return inner;
  const names = new Set<string>([...required, ...Object.keys(properties)]);
  const known = [...names].filter((name) => Object.hasOwn(properties, name));
  return { ...inner, properties: Object.fromEntries(known.map((name) => [name, properties[name]])) };
}

/** A sound schema with those in it changed. */
function mapInner(schema: Schema, change: (inner: Schema) => Schema): Schema {
  const changed = Object.entries(schema).map(([keyword, value]): [string, unknown] => {
    if (NAMED.has(keyword)) {
      const schemas = Object.entries(value as Record<string, Schema>);
      return [keyword, Object.fromEntries(schemas.map(([name, inner]) => [name, change(inner)]))];
    }
    if (LISTED.has(keyword)) return [keyword, (value as Schema[]).map(change)];
    return [keyword, SINGLE.has(keyword) && typeof value !== "boolean" ? change(value as Schema) : value];
  });
  return Object.fromEntries(changed);
}

function isChecked(keyword: string): boolean {
  return [KEPT, NAMED, LISTED, SINGLE, COUNTED].some((known) => known.has(keyword));
}

const KEPT = new Set(["type", "enum", "const", "required", "$ref", "uniqueItems"]);

function isRecord(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isFilled(value: unknown): value is unknown[] {
  return Array.isArray(value) && value.length > 0;
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

function isType(value: unknown): boolean {
  const types = Array.isArray(value) ? value : [value];
  return types.length > 0 && types.every((type) => TYPES.has(type));
}

/** What a turn answered by its schema. */
export const CommandOutput = jsonObject(OUTPUT_MAX_BYTES);
/** The same where it is read; null where there is none. */
export const StoredOutput = z.record(z.string(), z.unknown()).nullable();
