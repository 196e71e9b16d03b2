import { UsageError } from "./failure";
import type { Schema } from "./procedures";

type Input = Record<string, unknown>;

/**
 * Reads an input from words: `title=Mend`, `payload.text=hello` for nested fields, `metadata:='{"a":1}'` for JSON. A
 * name given twice makes a list. Texts are converted to the types in the schema.
 */
export function readAssignments(words: readonly string[], schema: Schema): Input {
  const input: Input = {};
  for (const word of words) {
    const { path, value } = readWord(word, schema);
    put(input, path, value, word);
  }
  return input;
}

/** The name ends at the first sign, so that values may contain any. */
const WORD = /^([A-Za-z_][\w-]*(?:\.[\w-]+)*)(:?=)(.*)$/s;

function readWord(word: string, schema: Schema): { path: string[]; value: unknown } {
  const [, name = "", sign, text = ""] = WORD.exec(word) ?? [];
  if (sign === undefined) throw new UsageError(`“${word}” says nothing`, "name=value, or name:=JSON");
  const path = name.split(".");
  if (path.includes("__proto__")) throw new UsageError(`“${word}” names no field`);
  if (sign === "=") return { path, value: coerce(text, schemaOf(schema, path)) };
  try {
    return { path, value: JSON.parse(text) };
  } catch {
    throw new UsageError(`“${word}” is not JSON behind :=`, `${name}=… for a text`);
  }
}

/** Returns a field's schema, as far as it is known. */
function schemaOf(schema: Schema, path: readonly string[]): Schema | undefined {
  return path.reduce<Schema | undefined>((at, name) => at?.properties?.[name], schema);
}

function coerce(text: string, schema: Schema | undefined): unknown {
  const types = typesOf(schema);
  if (types.includes("array")) return [coerce(text, schema?.items)];
  if (types.includes("string") || types.length === 0) return text;
  if ((types.includes("integer") || types.includes("number")) && /^-?\d+(\.\d+)?$/.test(text)) return Number(text);
  if (types.includes("boolean") && (text === "true" || text === "false")) return text === "true";
  if (types.includes("null") && text === "null") return null;
  // The server says what it accepts.
  return text;
}

function typesOf(schema: Schema | undefined): string[] {
  if (schema === undefined) return [];
  return [[schema.type ?? []].flat(), ...(schema.anyOf ?? []).map(typesOf)].flat();
}

function put(input: Input, path: readonly string[], value: unknown, word: string): void {
  const [name = "", ...deeper] = path;
  const known = input[name];
  if (deeper.length > 0) {
    if (known !== undefined && !isRecord(known)) throw new UsageError(`“${word}” differs from what was said before it`);
    const inner: Input = isRecord(known) ? known : {};
    input[name] = inner;
    put(inner, deeper, value, word);
  } else if (known === undefined) input[name] = value;
  else if (Array.isArray(known) && Array.isArray(value)) known.push(...value);
  else throw new UsageError(`“${name}” is said twice`);
}

function isRecord(value: unknown): value is Input {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
