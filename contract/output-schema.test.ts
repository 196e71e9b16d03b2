import fc from "fast-check";
import { expect, test } from "vitest";
import { z } from "zod";
import { COMMAND_PAYLOADS } from "./command";
import { checkedPart, inRequiredOrder, OUTPUT_SCHEMA_MAX_BYTES, OutputSchema } from "./output-schema";

const object = (properties: unknown, more: object = {}) => ({ type: "object", properties, ...more });
const issueOf = (schema: unknown) => {
  const [issue] = OutputSchema.safeParse(schema).error?.issues ?? [];
  return issue === undefined ? null : `${issue.path.join(".")}: ${issue.message}`;
};
const fits = (schema: Record<string, unknown>, value: unknown) =>
  z.fromJSONSchema(checkedPart(schema), { registry: z.registry() }).safeParse(value).success;

test("a schema is an object of keywords that a value can be held against, and what is wrong is said where it is", () => {
  expect(
    issueOf(
      object(
        { a: { type: ["string", "null"] }, l: { type: "array", items: { $ref: "#/$defs/x" } } },
        { $defs: { x: {} } },
      ),
    ),
  ).toBeNull();
  expect(issueOf({ type: "object" })).toBeNull();
  for (const [schema, why] of [
    [null, ": expected a JSON object"],
    [[], ": expected a JSON object"],
    ["{}", ": expected a JSON object"],
    [{}, "type: a schema for an answer is of the type"],
    [{ type: "array", items: {} }, "type: a schema for an answer is of the type"],
    [object([]), "properties: expected a JSON object of schemas"],
    [object({ a: 5 }), "properties.a: expected a schema"],
    [object({ a: { type: "strin" } }), "properties.a.type: expected one of object,"],
    [object({ a: { enum: "x" } }), "properties.a.enum: expected a list"],
    [object({ a: { anyOf: [] } }), "properties.a.anyOf: expected a list with at least one schema"],
    [object({ a: { items: 7 } }), "properties.a.items: expected a schema"],
    [object({ a: { minLength: "1" } }), "properties.a.minLength: expected a number"],
    [object({ a: { $ref: "#/$defs/none" } }), "properties.a.$ref: expected #"],
    [object({ a: { $ref: "https://example.com" } }), "properties.a.$ref: expected #"],
    [object({}, { required: "a" }), "required: expected a list of names"],
    [object({}, { if: {} }), "if: this keyword is not supported"],
    [object({ a: { not: {} } }), "properties.a.not: this keyword is not supported"],
    [
      object({ a: { description: "é".repeat(OUTPUT_SCHEMA_MAX_BYTES / 2) } }),
      `: larger than ${OUTPUT_SCHEMA_MAX_BYTES} bytes`,
    ],
    [JSON.parse(`${'{"type":"object","x":'.repeat(40)}{}${"}".repeat(40)}`), ": nested deeper than 32 levels"],
  ] as const) {
    expect(issueOf(schema), JSON.stringify(schema).slice(0, 100)).toContain(why);
  }
});

test("a property may have the name of a keyword, and keeps its schema", () => {
  const schema = object({ format: { type: "string" }, not: { type: "number" } }, { required: ["format", "not"] });
  expect(issueOf(schema)).toBeNull();
  expect(fits(schema, { format: "x", not: 1 })).toBe(true);
  expect(fits(schema, { format: "x" })).toBe(false);
});

test("what a provider alone can keep is not held against a value: expressions, formats, and what is missing", () => {
  const property = { type: "string", pattern: "^(a+)+$", format: "email", default: "x" };
  const schema = object({ a: property }, { required: ["a"] });
  expect(fits(schema, { a: `${"a".repeat(40)}!` })).toBe(true);
  expect(fits(schema, {})).toBe(false);
});

test("a turn's payload is refused for its schema alone, by its path", () => {
  const { turn } = COMMAND_PAYLOADS;
  expect(turn.safeParse({ text: "x", outputSchema: { type: "object" }, more: 1 }).success).toBe(true);
  expect(turn.safeParse({ text: "x", outputSchema: { type: "string" } }).error?.issues[0]?.path).toEqual([
    "outputSchema",
    "type",
  ]);
});

test("no JSON brings the check to an error of its own, and what it takes can be held against values", () => {
  const keyword = fc.constantFrom(
    ...["type", "properties", "required", "items", "anyOf", "oneOf", "allOf", "enum", "const", "$ref", "$defs"],
    ...[
      "additionalProperties",
      "prefixItems",
      "minItems",
      "maximum",
      "multipleOf",
      "uniqueItems",
      "definitions",
      "title",
    ],
  );
  const type = fc.constantFrom("object", "array", "string", "number", "integer", "boolean", "null");
  const { schema } = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: "small" },
      type,
      fc.jsonValue({ maxDepth: 1 }),
      tie("schema"),
      fc.array(tie("schema"), { maxLength: 3 }),
    ),
    schema: fc.dictionary(keyword, tie("value"), { maxKeys: 4 }),
  }));
  let taken = 0;
  fc.assert(
    fc.property(schema, fc.jsonValue(), (inner, value) => {
      const given = { type: "object", properties: { a: inner } };
      if (!OutputSchema.safeParse(given).success) return;
      // Nothing but an order is changed.
      expect(inRequiredOrder(given)).toEqual(given);
      taken += 1;
      fits(given, { a: value });
    }),
    { numRuns: 2_000 },
  );
  expect(taken).toBeGreaterThan(100);
});
