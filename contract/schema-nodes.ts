/** A JSON Schema in the form of an object; the other two forms are `true` and `false`. */
export type JsonSchema = Record<string, unknown>;
/** A schema within a root schema, and the pointers that its keywords lead to. */
export type SchemaNode = { schema: unknown; path: string[]; steps: Step[] };
export type Step = { keyword: string; to: string };
/** All schemas within a root schema, by JSON pointer. */
export type SchemaNodes = ReadonlyMap<string, SchemaNode>;

/** Keywords that hold one schema, a list of schemas, or schemas by name. */
export const SCHEMA_KEYWORDS = new Set([
  ...["items", "additionalProperties", "not", "if", "then", "else", "propertyNames", "contains"],
  ...["additionalItems", "unevaluatedItems", "unevaluatedProperties"],
]);
export const SCHEMA_LIST_KEYWORDS = new Set(["anyOf", "oneOf", "allOf", "prefixItems"]);
export const SCHEMA_MAP_KEYWORDS = new Set(["properties", "$defs", "definitions", "dependentSchemas", "dependencies"]);

/**
 * Returns the schemas within a root, including the root, as long as `isSound` accepts each schema's own keywords. Uses
 * an explicit stack, so that no depth overflows the program's.
 */
export function collectNodes(root: JsonSchema, isValid: (node: SchemaNode) => boolean = () => true): SchemaNodes {
  const nodes = new Map<string, SchemaNode>();
  const pending: SchemaNode[] = [{ schema: root, path: [], steps: [] }];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (!isValid(node)) return nodes;
    nodes.set(toPointer(node.path), node);
    const inner = Object.entries(isRecord(node.schema) ? node.schema : {}).map(([keyword, value]) => {
      return { keyword, value, path: [...node.path, keyword] };
    });
    for (const { keyword, value, path } of inner) {
      if (keyword === "$ref") node.steps.push({ keyword, to: refPointer(value) });
      for (const [name, schema] of subschemas(keyword, value)) {
        const childPath = name === null ? path : [...path, name];
        node.steps.push({ keyword, to: toPointer(childPath) });
        pending.push({ schema, path: childPath, steps: [] });
      }
    }
  }
  return nodes;
}

/** Returns the pointer that a `$ref` names within the same root; else a pointer that no place has. */
export function refPointer(ref: unknown): string {
  const [, fragment] = /^#((?:\/.*)?)$/s.exec(String(ref)) ?? [];
  try {
    return fragment === undefined ? NOWHERE : decodeURIComponent(fragment);
  } catch {
    return NOWHERE;
  }
}

const NOWHERE = "nowhere";

/** Returns a valid schema with its inner schemas changed. */
export function mapSubschemas(schema: JsonSchema, change: (inner: JsonSchema) => JsonSchema): JsonSchema {
  const changed = (inner: unknown) => (isRecord(inner) ? change(inner) : inner);
  const entries = Object.entries(schema).map(([keyword, value]): [string, unknown] => {
    if (isList(keyword, value)) return [keyword, value.map(changed)];
    if (SCHEMA_KEYWORDS.has(keyword)) return [keyword, changed(value)];
    if (!SCHEMA_MAP_KEYWORDS.has(keyword)) return [keyword, value];
    // Not by assignment, because a property may be named `__proto__`.
    const named = Object.entries(value as JsonSchema).map(([name, inner]) => [name, changed(inner)]);
    return [keyword, Object.fromEntries(named)];
  });
  return Object.fromEntries(entries);
}

/** Returns the schemas that a keyword holds, each with its name or index where it has one. */
function subschemas(keyword: string, value: unknown): [name: string | null, schema: unknown][] {
  if (isList(keyword, value)) return value.map((schema, index) => [String(index), schema]);
  if (SCHEMA_KEYWORDS.has(keyword)) return [[null, value]];
  if (!SCHEMA_MAP_KEYWORDS.has(keyword)) return [];
  // `dependencies` may hold lists of names as well as schemas.
  return Object.entries(value as JsonSchema).filter(([, inner]) => keyword !== "dependencies" || !Array.isArray(inner));
}

/** Whether `items` is a list: draft 7 uses it the way later drafts use `prefixItems`. */
function isList(keyword: string, value: unknown): value is unknown[] {
  return SCHEMA_LIST_KEYWORDS.has(keyword) || (keyword === "items" && Array.isArray(value));
}

function toPointer(path: string[]): string {
  return path.map((name) => `/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

export function isRecord(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
