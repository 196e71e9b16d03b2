import { expect, test } from "vitest";
import { COMMAND_PAYLOADS, Command } from "./command";
import { OUTPUT_SCHEMA_MAX_BYTES, OutputSchema, orderByRequired } from "./output-schema";

const object = (properties: unknown, more: object = {}) => ({ type: "object", properties, ...more });
const issueOf = (schema: unknown) => {
  const [issue] = OutputSchema.safeParse(schema).error?.issues ?? [];
  return issue === undefined ? null : `${issue.path.join(".")}: ${issue.message}`;
};
const DRAFT_7 = { $schema: "http://json-schema.org/draft-07/schema#" };
const SELF = { $ref: "#/$defs/x" };
const chain = (length: number) => {
  const links = Array.from({ length }, (_, index) => [`d${index}`, { $ref: `#/$defs/d${index + 1}` }]);
  return Object.fromEntries([...links, [`d${length}`, {}]]);
};

test("accepts an object of supported keywords, and reports each fault with its path", () => {
  expect(
    issueOf(
      object(
        { a: { type: ["string", "null"] }, l: { type: "array", items: { $ref: "#/$defs/x" } } },
        { $defs: { x: {} } },
      ),
    ),
  ).toBeNull();
  expect(issueOf({ type: "object" })).toBeNull();
  expect(issueOf({ $id: "https://example.com/answer.json", type: "object" })).toBeNull();
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
    [object({ a: { minLength: "1" } }), "properties.a.minLength: expected a whole number"],
    [object({ a: { $ref: "#/$defs/none" } }), "properties.a.$ref: expected #"],
    [object({ a: { $ref: "https://example.com" } }), "properties.a.$ref: expected #"],
    [object({}, { required: "a" }), "required: expected a list of names"],
    [object({ a: { $ref: "#/properties/a/title", title: "x" } }), "properties.a.$ref: expected # or"],
    [object({ a: { $ref: "#/$defs/%" } }), "properties.a.$ref: expected # or"],
    [object({ a: { $ref: 5 } }), "properties.a.$ref: expected a text"],
    [object({ a: { $ref: "#/properties/a" } }), "leads to itself"],
    [object({}, { $ref: "#" }), "leads to itself"],
    [object({ a: { $ref: "#/$defs/x" } }, { $defs: { x: { anyOf: [{ type: "null" }, SELF] } } }), "leads to itself"],
    [object({ a: { $ref: "#/$defs/x" } }, { $defs: { x: { if: SELF } } }), "leads to itself"],
    [object({}, { $defs: chain(40) }), "leads to itself, or over more than 32"],
    [object({}, { patternProperties: {} }), "patternProperties: this keyword is not supported"],
    [
      object({ a: { nullable: true } }),
      'properties.a.nullable: this is not of JSON Schema: say type: ["string", "null"]',
    ],
    [object({ a: { $id: "https://example.com" } }), "properties.a.$id: schemas have no names here"],
    [object({ a: { $anchor: "x" } }), "properties.a.$anchor: schemas have no names here"],
    [object({ a: { $dynamicRef: "#x" } }), "properties.a.$dynamicRef: schemas have no names here"],
    [object({ a: { $recursiveRef: "#" } }), "properties.a.$recursiveRef: schemas have no names here"],
    [object({ a: { multipleOf: 0 } }), "properties.a.multipleOf: expected a number above 0"],
    [object({ a: { multipleOf: -1 } }), "properties.a.multipleOf: expected a number above 0"],
    [object({ a: { exclusiveMinimum: true } }), "properties.a.exclusiveMinimum: expected a number"],
    [object({ a: { maxItems: -1 } }), "properties.a.maxItems: expected a whole number"],
    [object({ a: { uniqueItems: 1 } }), "properties.a.uniqueItems: expected true or false"],
    [
      object({ a: { dependentRequired: { b: "c" } } }),
      "properties.a.dependentRequired: expected a JSON object of lists",
    ],
    [object({ a: { pattern: 5 } }), "properties.a.pattern: expected a text"],
    [object({ a: { not: { pattern: "x" } } }), "properties.a.not.pattern: no expression can be checked within not"],
    [object({ a: { oneOf: [{ items: SELF }] } }, { $defs: { x: { pattern: "x" } } }), "$defs.x.pattern: no expression"],
    [object({ a: { items: [{}] } }), "properties.a.items: expected a schema: or say prefixItems"],
    [object({ a: { dependencies: {} } }), "properties.a.dependencies: this keyword is of draft 7"],
    [
      object({ a: { dependentSchemas: {} } }, DRAFT_7),
      "properties.a.dependentSchemas: this keyword is of draft 2020-12",
    ],
    [object({ a: { $schema: DRAFT_7.$schema } }), "properties.a.$schema: expected the draft of the whole"],
    [
      object({}, { $schema: "http://json-schema.org/draft-04/schema#" }),
      "$schema: expected the draft 2020-12 or draft-07",
    ],
    [
      object({ a: { description: "é".repeat(OUTPUT_SCHEMA_MAX_BYTES / 2) } }),
      `: larger than ${OUTPUT_SCHEMA_MAX_BYTES} bytes`,
    ],
    [JSON.parse(`${'{"type":"object","x":'.repeat(40)}{}${"}".repeat(40)}`), ": nested deeper than 32 levels"],
  ] as const) {
    expect(issueOf(schema), JSON.stringify(schema).slice(0, 100)).toContain(why);
  }
});

test("a turn's payload is refused for its schema, with the path", () => {
  const { turn } = COMMAND_PAYLOADS;
  expect(turn.safeParse({ text: "x", outputSchema: { type: "object" }, more: 1 }).success).toBe(true);
  expect(turn.safeParse({ text: "x", outputSchema: { type: "string" } }).error?.issues[0]?.path).toEqual([
    "outputSchema",
    "type",
  ]);
});

test("a steer has no schema of its own", () => {
  const { steer } = COMMAND_PAYLOADS;
  expect(steer.safeParse({ text: "x", more: 1 }).success).toBe(true);
  expect(steer.safeParse({ text: "x", outputSchema: { type: "object" } }).error?.issues).toMatchObject([
    { path: ["outputSchema"], message: expect.stringContaining("a steer keeps its turn's schema") },
  ]);
});

test("orders properties as in required, and changes nothing else", () => {
  const part = object(
    { a: true, b: {}, c: { items: object({ x: {}, y: {} }, { required: ["y"] }) } },
    { required: ["c"] },
  );
  const given = { ...part, not: false, $defs: JSON.parse('{"__proto__":{"type":"null"}}') };
  const ordered = orderByRequired(given);
  expect(ordered).toEqual(given);
  expect(JSON.stringify(ordered)).toMatch(/"c":.*"y".*"x".*"a":true.*"__proto__":\{"type":"null"\}/);
});

test("an output keeps all of its names", () => {
  const output = JSON.parse('{"__proto__":1,"b":2}');
  expect(JSON.stringify(Command.shape.output.parse(output))).toBe('{"__proto__":1,"b":2}');
  expect(Command.shape.output.parse(null)).toBeNull();
});
