/** A JSON Schema in the form of an object; the other two forms are `true` and `false`. */
export type JsonSchema = Record<string, unknown>;
/** A schema within a root schema, and the pointers that its keywords lead to. */
export type SchemaNode = { schema: unknown; path: string[]; steps: Step[] };
export type Step = { keyword: string; to: string };
/** All schemas within a root schema, by JSON pointer. */
export type SchemaNodes = ReadonlyMap<string, SchemaNode>;

/** Keywords that hold one schema, a list of schemas, or schemas by name. */
export const SINGLE = new Set([
  ...["items", "additionalProperties", "not", "if", "then", "else", "propertyNames", "contains"],
  ...["additionalItems", "unevaluatedItems", "unevaluatedProperties"],
]);
export const LISTED = new Set(["anyOf", "oneOf", "allOf", "prefixItems"]);
export const NAMED = new Set(["properties", "$defs", "definitions", "dependentSchemas", "dependencies"]);

/**
 * Returns the schemas within a root, including the root, as long as `isSound` accepts each schema's own keywords. Uses
 * an explicit stack, so that no depth overflows the program's.
 */
export function placesIn(root: JsonSchema, isSound: (place: SchemaNode) => boolean = () => true): SchemaNodes {
  const places = new Map<string, SchemaNode>();
  const work: SchemaNode[] = [{ schema: root, path: [], steps: [] }];
  for (let place = work.pop(); place !== undefined; place = work.pop()) {
    if (!isSound(place)) return places;
    places.set(pointerTo(place.path), place);
    const inner = Object.entries(isRecord(place.schema) ? place.schema : {}).map(([keyword, value]) => {
      return { keyword, value, path: [...place.path, keyword] };
    });
    for (const { keyword, value, path } of inner) {
      if (keyword === "$ref") place.steps.push({ keyword, to: pointerOf(value) });
      for (const [name, schema] of schemasOf(keyword, value)) {
        const there = name === null ? path : [...path, name];
        place.steps.push({ keyword, to: pointerTo(there) });
        work.push({ schema, path: there, steps: [] });
      }
    }
  }
  return places;
}

/** Returns the pointer that a `$ref` names within the same root; else a pointer that no place has. */
export function pointerOf(ref: unknown): string {
  const [, fragment] = /^#((?:\/.*)?)$/s.exec(String(ref)) ?? [];
  try {
    return fragment === undefined ? NOWHERE : decodeURIComponent(fragment);
  } catch {
    return NOWHERE;
  }
}

const NOWHERE = "nowhere";

/** Returns a valid schema with its inner schemas changed. */
export function mapInner(schema: JsonSchema, change: (inner: JsonSchema) => JsonSchema): JsonSchema {
  const changed = (inner: unknown) => (isRecord(inner) ? change(inner) : inner);
  const entries = Object.entries(schema).map(([keyword, value]): [string, unknown] => {
    if (isList(keyword, value)) return [keyword, value.map(changed)];
    if (SINGLE.has(keyword)) return [keyword, changed(value)];
    if (!NAMED.has(keyword)) return [keyword, value];
    // Not by assignment, because a property may be named `__proto__`.
    const named = Object.entries(value as JsonSchema).map(([name, inner]) => [name, changed(inner)]);
    return [keyword, Object.fromEntries(named)];
  });
  return Object.fromEntries(entries);
}

/** Returns the schemas that a keyword holds, each with its name or index where it has one. */
function schemasOf(keyword: string, value: unknown): [name: string | null, schema: unknown][] {
  if (isList(keyword, value)) return value.map((schema, index) => [String(index), schema]);
  if (SINGLE.has(keyword)) return [[null, value]];
  if (!NAMED.has(keyword)) return [];
  // `dependencies` may hold lists of names as well as schemas.
  return Object.entries(value as JsonSchema).filter(([, inner]) => keyword !== "dependencies" || !Array.isArray(inner));
}

/** Whether `items` is a list: draft 7 uses it the way later drafts use `prefixItems`. */
function isList(keyword: string, value: unknown): value is unknown[] {
  return LISTED.has(keyword) || (keyword === "items" && Array.isArray(value));
}

function pointerTo(path: string[]): string {
  return path.map((name) => `/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

export function isRecord(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
