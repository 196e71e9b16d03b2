import { JsonRecord, jsonObject } from "./json";
import { findSchemaFault, isCheckedKeyword } from "./json-schema";
import { isRecord, type JsonSchema, mapSubschemas } from "./schema-nodes";

/** Maximum size, in bytes, of the JSON Schema for a turn's answer. */
export const OUTPUT_SCHEMA_MAX_BYTES = 64 * 1024;
/**
 * Maximum JSON nesting of such a schema. OpenAI's models accept ten levels of objects, each of which takes two levels
 * of JSON.
 */
const OUTPUT_SCHEMA_DEPTH_MAX = 32;
/** Maximum size of a turn's output, in bytes of JSON. */
export const OUTPUT_MAX_BYTES = 1024 * 1024;

const ROOT_TYPE_MESSAGE = `a schema for an answer is of the type "object": put what else it should be into a property`;

/**
 * The JSON Schema that a turn's answer must fit: an object at its root, within bounds, and one that values can be
 * checked against.
 */
export const OutputSchema = jsonObject(OUTPUT_SCHEMA_MAX_BYTES, OUTPUT_SCHEMA_DEPTH_MAX)
  .superRefine((schema, refinement) => {
    const fault = schema.type === "object" ? findSchemaFault(schema) : { path: ["type"], message: ROOT_TYPE_MESSAGE };
    if (fault !== null) refinement.addIssue({ code: "custom", ...fault });
  })
  .meta({
    description:
      "a JSON Schema of the type object, at most 64 KiB: the turn's last message is JSON that fits it, and is the command's `output`",
  });

/** Returns the part of a valid schema that values are checked against. Enforcing the rest is left to the provider. */
export function checkedPart(schema: JsonSchema): JsonSchema {
  return Object.fromEntries(
    Object.entries(mapSubschemas(schema, checkedPart)).filter(([keyword]) => isCheckedKeyword(keyword)),
  );
}

/**
 * Returns the same schema with the properties of each object in the order of its `required` list. A model answers in
 * its schema's order, and storage keeps the order of lists only.
 */
export function orderByRequired(schema: JsonSchema): JsonSchema {
  const inner = mapSubschemas(schema, orderByRequired);
  const { properties, required } = inner;
  if (!isRecord(properties) || !Array.isArray(required)) return inner;
  const names = new Set<string>([...required, ...Object.keys(properties)]);
  const known = [...names].filter((name) => Object.hasOwn(properties, name));
  return { ...inner, properties: Object.fromEntries(known.map((name) => [name, properties[name]])) };
}

/** The JSON that a turn answered according to its schema. */
export const CommandOutput = jsonObject(OUTPUT_MAX_BYTES);
/** A stored CommandOutput as it is read back; null where there is none. */
export const StoredOutput = JsonRecord.nullable();
