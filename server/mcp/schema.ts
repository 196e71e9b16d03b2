import type { JsonSchema } from "@/server/rest";

/** A schema without what only a program would check: it is long, and the server says what it refuses. */
export function forModels(schema: JsonSchema): JsonSchema {
  return without(schema) as JsonSchema;
}

/** Bounds of what a number can hold say nothing of what is meant. */
const WIDEST = new Set<unknown>([Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]);

function without(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(without);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value)
    .filter(([name, inner]) => !isCheck(name, inner))
    .map(([name, inner]) => [name, without(inner)] as const);
  // Several patterns stood in it, and nothing else.
  return Object.fromEntries(entries.filter(([name, inner]) => !(name === "allOf" && isOfNothing(inner))));
}

function isCheck(name: string, inner: unknown): boolean {
  if (name === "pattern") return typeof inner === "string";
  // The one format that is no format of JSON Schema.
  if (name === "format") return inner === "starts_with";
  return (name === "maximum" || name === "minimum") && WIDEST.has(inner);
}

function isOfNothing(parts: unknown): boolean {
  return Array.isArray(parts) && parts.every((part) => JSON.stringify(part) === "{}");
}
