import { UsageError } from "./failure";
import type { Schema } from "./procedures";

type Input = Record<string, unknown>;

/**
 * Reads an input from words: `title=Mend`, `payload.text=hello` for nested fields, `metadata:='{"a":1}'` for JSON. A
 * name given twice makes a list. Texts are converted to the types in the schema.
 */
export function readAssignments(assignments: readonly string[], schema: Schema): Input {
  const input: Input = {};
  for (const assignment of assignments) {
    const { path, value } = parseAssignment(assignment, schema);
    setField(input, path, value, assignment);
  }
  return input;
}

/** The name ends at the first sign, so that values may contain any. */
const ASSIGNMENT = /^([A-Za-z_][\w-]*(?:\.[\w-]+)*)(:?=)(.*)$/s;

function parseAssignment(assignment: string, schema: Schema): { path: string[]; value: unknown } {
  const [, name = "", sign, text = ""] = ASSIGNMENT.exec(assignment) ?? [];
  if (sign === undefined) throw new UsageError(`“${assignment}” says nothing`, "name=value, or name:=JSON");
  const path = name.split(".");
  if (path.includes("__proto__")) throw new UsageError(`“${assignment}” names no field`);
  if (sign === "=") return { path, value: coerce(text, findSchema(schema, path)) };
  try {
    return { path, value: JSON.parse(text) };
  } catch {
    throw new UsageError(`“${assignment}” is not JSON behind :=`, `${name}=… for a text`);
  }
}

/** Returns a field's schema, as far as it is known. */
function findSchema(schema: Schema, path: readonly string[]): Schema | undefined {
  return path.reduce<Schema | undefined>((current, name) => current?.properties?.[name], schema);
}

function coerce(text: string, schema: Schema | undefined): unknown {
  const types = schemaTypes(schema);
  if (types.includes("array")) return [coerce(text, schema?.items)];
  if (types.includes("string") || types.length === 0) return text;
  if ((types.includes("integer") || types.includes("number")) && /^-?\d+(\.\d+)?$/.test(text)) return Number(text);
  if (types.includes("boolean") && (text === "true" || text === "false")) return text === "true";
  if (types.includes("null") && text === "null") return null;
  // The server says what it accepts.
  return text;
}

function schemaTypes(schema: Schema | undefined): string[] {
  if (schema === undefined) return [];
  return [[schema.type ?? []].flat(), ...(schema.anyOf ?? []).map(schemaTypes)].flat();
}

function setField(input: Input, path: readonly string[], value: unknown, assignment: string): void {
  const [name = "", ...deeper] = path;
  const existing = input[name];
  if (deeper.length > 0) {
    if (existing !== undefined && !isRecord(existing))
      throw new UsageError(`“${assignment}” differs from what was said before it`);
    const inner: Input = isRecord(existing) ? existing : {};
    input[name] = inner;
    setField(inner, deeper, value, assignment);
  } else if (existing === undefined) input[name] = value;
  else if (Array.isArray(existing) && Array.isArray(value)) existing.push(...value);
  else throw new UsageError(`“${name}” is said twice`);
}

function isRecord(value: unknown): value is Input {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
