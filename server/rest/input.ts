import type { z } from "zod";
import { InvalidInputError } from "@/server/errors";
import { inputOf, type JsonSchema, toJsonSchema } from "./procedures";

const schemas = new Map<string, JsonSchema>();

/** Returns the JSON Schema of a procedure's input. It is made once for each procedure. */
export function inputSchemaOf(procedure: string): JsonSchema {
  const cached = schemas.get(procedure);
  if (cached) return cached;
  const input: z.ZodType | null = inputOf(procedure);
  const schema = input ? toJsonSchema(input, "input") : {};
  schemas.set(procedure, schema);
  return schema;
}

/**
 * Turns a query into an input. Text becomes a number or a boolean where the input's schema says so, and stays text
 * elsewhere. A list is given by repeating its name, once for each item; an object is given as JSON.
 */
export function readQuery(procedure: string, query: URLSearchParams): Record<string, unknown> {
  const { properties = {} } = inputSchemaOf(procedure);
  const input: Record<string, unknown> = {};
  for (const name of new Set(query.keys())) {
    const values = query.getAll(name);
    const property = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (property?.type === "array") {
      setOwn(input, name, values);
      continue;
    }
    if (values.length > 1) throw new InvalidInputError(`${name}: is given ${values.length} times`);
    setOwn(input, name, coerce(name, values[0] ?? "", property));
  }
  return input;
}

function coerce(name: string, text: string, property: JsonSchema | undefined): unknown {
  const types = [property?.type ?? []].flat();
  if ((types.includes("integer") || types.includes("number")) && /^-?\d+(\.\d+)?$/.test(text)) return Number(text);
  if (types.includes("boolean") && (text === "true" || text === "false")) return text === "true";
  if (types.includes("object")) return parseJson(text, `${name}: is not valid JSON`);
  return text;
}

/** Turns a JSON body into an input. An empty body counts as an empty object. */
export function readJsonBody(text: string): Record<string, unknown> {
  if (text.trim() === "") return {};
  const body = parseJson(text, "the body is not valid JSON");
  if (typeof body !== "object" || body === null || Array.isArray(body))
    throw new InvalidInputError("the body must be a JSON object");
  return body as Record<string, unknown>;
}

function parseJson(text: string, refusal: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new InvalidInputError(refusal);
  }
}

/**
 * Adds the path's parameters to the input. A parameter that the query or the body has as well must have the same value
 * there.
 */
export function withParams(input: Record<string, unknown>, params: Record<string, string>): Record<string, unknown> {
  for (const [name, value] of Object.entries(params)) {
    if (Object.hasOwn(input, name) && input[name] !== value)
      throw new InvalidInputError(`${name}: differs from the one in the address`);
  }
  return { ...input, ...params };
}

function setOwn(target: Record<string, unknown>, name: string, value: unknown): void {
  Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true });
}
