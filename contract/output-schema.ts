import { JsonRecord, jsonObject } from "./json";
import { faultIn, isHeld } from "./json-schema";
import { isRecord, type JsonSchema, mapInner } from "./schema-places";

/** Bytes of a JSON Schema that a turn's answer is asked to have. */
export const OUTPUT_SCHEMA_MAX_BYTES = 64 * 1024;
/** Levels of JSON in such a schema; OpenAI's models take ten levels of objects, each of which is two of JSON. */
const OUTPUT_SCHEMA_DEPTH_MAX = 32;
/** Bytes of JSON that a turn's output has at most. */
export const OUTPUT_MAX_BYTES = 1024 * 1024;

const ROOT = `a schema for an answer is of the type "object": put what else it should be into a property`;

/** A JSON Schema that a turn's answer is to fit: an object at its root, within bounds, that a value can be held against. */
export const OutputSchema = jsonObject(OUTPUT_SCHEMA_MAX_BYTES, OUTPUT_SCHEMA_DEPTH_MAX)
  .superRefine((schema, refinement) => {
    const fault = schema.type === "object" ? faultIn(schema) : { path: ["type"], message: ROOT };
    if (fault !== null) refinement.addIssue({ code: "custom", ...fault });
  })
  .meta({
    description:
      "a JSON Schema of the type object, at most 64 KiB: the turn's last message is JSON that fits it, and is the command's `output`",
  });

/** The part of a sound schema that a value is held against: what is left out is the provider's to keep. */
export function heldPart(schema: JsonSchema): JsonSchema {
  return Object.fromEntries(Object.entries(mapInner(schema, heldPart)).filter(([keyword]) => isHeld(keyword)));
}

/**
 * The same schema, the properties of each object in the order in which it requires them. A model answers in the order
 * of its schema, and what is stored keeps that of lists alone.
 */
export function inRequiredOrder(schema: JsonSchema): JsonSchema {
  const inner = mapInner(schema, inRequiredOrder);
  const { properties, required } = inner;
  if (!isRecord(properties) || !Array.isArray(required)) return inner;
  const names = new Set<string>([...required, ...Object.keys(properties)]);
  const known = [...names].filter((name) => Object.hasOwn(properties, name));
  return { ...inner, properties: Object.fromEntries(known.map((name) => [name, properties[name]])) };
}

/** What a turn answered by its schema. */
export const CommandOutput = jsonObject(OUTPUT_MAX_BYTES);
/** The same where it is read; null where there is none. */
export const StoredOutput = JsonRecord.nullable();
