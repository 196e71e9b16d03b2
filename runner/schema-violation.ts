import { runInNewContext } from "node:vm";
import { type OutputUnit, type Schema, validate } from "@cfworker/json-schema";
import { findDraft } from "@/contract/json-schema";
import { checkedPart } from "@/contract/output-schema";
import { collectNodes, isRecord, type JsonSchema, refPointer, SCHEMA_LIST_KEYWORDS } from "@/contract/schema-nodes";

const LOCATION_LENGTH_MAX = 200;
/** How long checking a value against a schema may take. Meanwhile the runner does nothing else, not even send beats. */
const CHECK_MAX_MS = 2_000;
/** How many times a schema or part of it may be visited: each misfit found on the way is kept in memory. */
const STEPS_MAX = 1_000_000;

/** Returns where and how a value does not fit a valid schema; null where it fits. Quotes nothing of the value. */
export function schemaViolation(value: unknown, outputSchema: JsonSchema): string | null {
  const check = () => validationErrors(value, outputSchema);
  try {
    // The timeout also stops functions that this program itself defined.
    const errors: OutputUnit[] = runInNewContext("check()", { check }, { timeout: CHECK_MAX_MS });
    const cause = errors.find(({ keyword }) => !CONTAINER_KEYWORDS.has(keyword));
    return cause === undefined
      ? null
      : `${describeLocation(cause, value, outputSchema)} ${PHRASES[cause.keyword] ?? DEFAULT_PHRASE}`;
  } catch (error) {
    if (!isExhausted(error)) throw error;
    return "the schema took too long to hold the message against: give it fewer choices, and fewer levels";
  }
}

/** Returns the errors, each after those of the places that contain it. */
function validationErrors(value: unknown, outputSchema: JsonSchema): OutputUnit[] {
  const checkedSchema = checkedPart(outputSchema);
  const nodes = collectNodes(checkedSchema);
  const schemas = [...nodes.values()].map(({ schema }) => schema).filter(isRecord);
  const references = schemas
    .filter((schema) => "$ref" in schema)
    .map(({ $ref }) => [$ref, nodes.get(refPointer($ref))?.schema]);
  countSteps(schemas);
  const lookup: Record<string, Schema> = Object.fromEntries(references);
  return validate(value, checkedSchema, findDraft(outputSchema), lookup).errors;
}

/** Makes visits to schemas throw a RangeError once there were too many. */
function countSteps(schemas: JsonSchema[]): void {
  let stepCount = 0;
  for (const schema of schemas) {
    const cost = visitCost(schema);
    // A keyword that no valid schema has, and that the library reads whenever it visits a schema.
    Object.defineProperty(schema, "$recursiveAnchor", {
      get: () => {
        stepCount += cost;
        if (stepCount > STEPS_MAX) throw new RangeError("too many steps");
      },
    });
  }
}

/** How many misfits a schema can cause by itself. */
function visitCost({ dependentRequired, dependencies, ...schema }: JsonSchema): number {
  const lists = [...SCHEMA_LIST_KEYWORDS, "required"].map((keyword) => schema[keyword]);
  const dependent = [dependentRequired, dependencies].filter(isRecord).flatMap(Object.values);
  return [...lists, ...dependent].reduce<number>((sum, list) => sum + (Array.isArray(list) ? list.length : 0), 1);
}

/**
 * Returns where an error is, such as $.scores.3. Names that the schema does not contain come from the value and are
 * hidden.
 */
function describeLocation({ instanceLocation }: OutputUnit, value: unknown, outputSchema: JsonSchema): string {
  const schemaText = JSON.stringify(outputSchema);
  let current: unknown = value;
  const names = instanceLocation
    .split("/")
    .slice(1)
    .map((part) => {
      const name = decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~");
      const isShown = Array.isArray(current) || schemaText.includes(JSON.stringify(name));
      current =
        typeof current === "object" && current !== null ? (current as Record<string, unknown>)[name] : undefined;
      return isShown ? name : "*";
    });
  const location = ["$", ...names].join(".");
  return location.length > LOCATION_LENGTH_MAX ? `${location.slice(0, LOCATION_LENGTH_MAX)}…` : location;
}

/**
 * Whether the time is over or the stack is exhausted. Compared by name, since the sandboxed context has its own error
 * classes.
 */
function isExhausted(error: unknown): boolean {
  const { name, code } = error as { name?: unknown; code?: unknown };
  return name === "RangeError" || code === "ERR_SCRIPT_EXECUTION_TIMEOUT";
}

/** Keywords whose error says no more than that something below them does not fit. */
const CONTAINER_KEYWORDS = new Set([
  ...["$ref", "allOf", "if", "dependentSchemas", "properties", "additionalProperties", "unevaluatedProperties"],
  ...["items", "prefixItems", "additionalItems", "unevaluatedItems"],
]);

const DEFAULT_PHRASE = "is not as it says";
const PHRASES: Record<string, string> = {
  false: "is not allowed",
  type: "is of another type",
  const: "is not the value that it names",
  enum: "is none of the values that it names",
  anyOf: "is none of what it may be",
  oneOf: "is none, or more than one, of what it may be",
  not: "is what it may not be",
  required: "lacks a property that it requires",
  dependentRequired: "lacks a property that goes with another",
  dependencies: "lacks what goes with a property",
  propertyNames: "has a property whose name is not allowed",
  contains: "lacks an item that it requires",
  minContains: "lacks an item that it requires",
  maxContains: "has too many items of a kind",
  uniqueItems: "has an item twice",
  multipleOf: "is no multiple of what it says",
  ...phraseForAll("is too small", ["minimum", "exclusiveMinimum"]),
  ...phraseForAll("is too large", ["maximum", "exclusiveMaximum"]),
  ...phraseForAll("is too short", ["minLength", "minItems", "minProperties"]),
  ...phraseForAll("is too long", ["maxLength", "maxItems", "maxProperties"]),
};

function phraseForAll(phrase: string, keywords: string[]): Record<string, string> {
  return Object.fromEntries(keywords.map((keyword) => [keyword, phrase]));
}
