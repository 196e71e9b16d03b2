import type { JsonSchema } from "@/server/rest";

/** Removes from a schema what only a program would check: it is long, and the server reports what it refuses. */
export function forModels(schema: JsonSchema): JsonSchema {
  return without(schema) as JsonSchema;
}

/** Bounds of the number type itself carry no meaning. */
const WIDEST = new Set<unknown>([Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]);

function without(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(without);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value)
    .filter(([name, inner]) => !isCheck(name, inner))
    .map(([name, inner]) => [name, without(inner)] as const);
  // Such an `allOf` held only patterns.
  return Object.fromEntries(entries.filter(([name, inner]) => !(name === "allOf" && isOfNothing(inner))));
}

function isCheck(name: string, inner: unknown): boolean {
  if (name === "pattern") return typeof inner === "string";
  // The one format that is not a format of JSON Schema.
  if (name === "format") return inner === "starts_with";
  return (name === "maximum" || name === "minimum") && WIDEST.has(inner);
}

function isOfNothing(parts: unknown): boolean {
  return Array.isArray(parts) && parts.every((part) => JSON.stringify(part) === "{}");
}
