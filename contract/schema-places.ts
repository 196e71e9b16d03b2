/** A JSON Schema that is an object; the other two are `true` and `false`. */
export type JsonSchema = Record<string, unknown>;
/** A schema within a whole one, and the pointers that its keywords lead to from it. */
export type Place = { schema: unknown; path: string[]; steps: Step[] };
export type Step = { keyword: string; to: string };
/** The schemas of a whole one by their JSON pointers. */
export type Places = ReadonlyMap<string, Place>;

/** Keywords that hold one schema, a list of them, or some by name. */
export const SINGLE = new Set([
  ...["items", "additionalProperties", "not", "if", "then", "else", "propertyNames", "contains"],
  ...["additionalItems", "unevaluatedItems", "unevaluatedProperties"],
]);
export const LISTED = new Set(["anyOf", "oneOf", "allOf", "prefixItems"]);
export const NAMED = new Set(["properties", "$defs", "definitions", "dependentSchemas", "dependencies"]);

/**
 * The schemas within one, itself among them, while `isSound` says of each that its own keywords are. By a stack, so that
 * no depth exhausts the program's.
 */
export function placesIn(root: JsonSchema, isSound: (place: Place) => boolean = () => true): Places {
  const places = new Map<string, Place>();
  const work: Place[] = [{ schema: root, path: [], steps: [] }];
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

/** The pointer that a `$ref` is: of a schema in the same whole, else one that no place has. */
export function pointerOf(ref: unknown): string {
  const [, fragment] = /^#((?:\/.*)?)$/s.exec(String(ref)) ?? [];
  try {
    return fragment === undefined ? NOWHERE : decodeURIComponent(fragment);
  } catch {
    return NOWHERE;
  }
}

const NOWHERE = "nowhere";

/** A sound schema with those in it changed. */
export function mapInner(schema: JsonSchema, change: (inner: JsonSchema) => JsonSchema): JsonSchema {
  const changed = (inner: unknown) => (isRecord(inner) ? change(inner) : inner);
  const entries = Object.entries(schema).map(([keyword, value]): [string, unknown] => {
    if (isList(keyword, value)) return [keyword, value.map(changed)];
    if (SINGLE.has(keyword)) return [keyword, changed(value)];
    if (!NAMED.has(keyword)) return [keyword, value];
    // Not by assignment: a property may be named `__proto__`.
    const named = Object.entries(value as JsonSchema).map(([name, inner]) => [name, changed(inner)]);
    return [keyword, Object.fromEntries(named)];
  });
  return Object.fromEntries(entries);
}

/** The schemas that a keyword holds, each by its name or number where it has one. */
function schemasOf(keyword: string, value: unknown): [name: string | null, schema: unknown][] {
  if (isList(keyword, value)) return value.map((schema, index) => [String(index), schema]);
  if (SINGLE.has(keyword)) return [[null, value]];
  if (!NAMED.has(keyword)) return [];
  // Beside schemas, `dependencies` has lists of names.
  return Object.entries(value as JsonSchema).filter(([, inner]) => keyword !== "dependencies" || !Array.isArray(inner));
}

/** Draft 7 says by a list of `items` what `prefixItems` says later. */
function isList(keyword: string, value: unknown): value is unknown[] {
  return LISTED.has(keyword) || (keyword === "items" && Array.isArray(value));
}

function pointerTo(path: string[]): string {
  return path.map((name) => `/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

export function isRecord(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
