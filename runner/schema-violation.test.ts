import fc from "fast-check";
import { expect, test } from "vitest";
import { OutputSchema } from "@/contract/output-schema";
import { schemaViolation } from "./schema-violation";

const DRAFT_7 = "http://json-schema.org/draft-07/schema#";
const of = (a: unknown, more: object = {}) => ({ type: "object", properties: { a }, ...more });
const tree = { type: "object", properties: { kids: { type: "array", items: { $ref: "#" } }, n: { type: "integer" } } };

/** Schemas, each with values that fit and values that do not. */
const TABLE: [name: string, schema: Record<string, unknown>, fitting: unknown[], others: unknown[]][] = [
  ["type", of({ type: ["integer", "null"] }), [{ a: 1 }, { a: 2.0 }, { a: null }, {}], [{ a: 1.5 }, { a: "1" }]],
  ["properties", of(true, { properties: { a: false, b: {} } }), [{}, { b: 1, c: 2 }], [{ a: 1 }]],
  ["required", { type: "object", required: ["a"] }, [{ a: null }], [{}, { b: 1 }]],
  ["required without a type", of({ properties: { b: { type: "integer" } }, required: ["b"] }), [{ a: 1 }], [{ a: {} }]],
  ["additionalProperties", of({}, { additionalProperties: false }), [{ a: 1 }], [{ b: 1 }]],
  ["a schema for others", { type: "object", additionalProperties: { type: "null" } }, [{ a: null }], [{ a: 1 }]],
  ["propertyNames", { type: "object", propertyNames: { maxLength: 2 } }, [{ ab: 1 }], [{ abc: 1 }]],
  ["minProperties", { type: "object", minProperties: 1, maxProperties: 2 }, [{ a: 1 }], [{}, { a: 1, b: 1, c: 1 }]],
  ["dependentRequired", { type: "object", dependentRequired: { a: ["b"] } }, [{}, { a: 1, b: 1 }], [{ a: 1 }]],
  ["dependentSchemas", { type: "object", dependentSchemas: { a: { required: ["b"] } } }, [{ a: 1, b: 1 }], [{ a: 1 }]],
  [
    "dependencies of draft 7",
    { $schema: DRAFT_7, type: "object", dependencies: { a: ["b"], id: { maxProperties: 1 } } },
    [{ a: 1, b: 1 }, { id: 1 }],
    [{ a: 1 }, { id: 1, b: 1 }],
  ],
  [
    "unevaluatedProperties",
    { type: "object", allOf: [of({})], properties: { b: {} }, unevaluatedProperties: false },
    [{ a: 1, b: 1 }],
    [{ c: 1 }],
  ],
  ["enum", of({ enum: [{ x: 1 }, [1], null, "s"] }), [{ a: { x: 1 } }, { a: [1] }, { a: null }], [{ a: {} }, { a: 1 }]],
  ["const", of({ const: { x: 1, y: [2] } }), [{ a: { y: [2], x: 1 } }], [{ a: { x: 1 } }, { a: null }]],
  ["items", of({ items: { type: "integer" } }), [{ a: [1] }, { a: "x" }], [{ a: [1, "x"] }]],
  [
    "prefixItems",
    of({ prefixItems: [{ type: "null" }], items: false }),
    [{ a: [null] }],
    [{ a: [1] }, { a: [null, 1] }],
  ],
  [
    "items of draft 7",
    of({ items: [{ type: "null" }], additionalItems: false }, { $schema: DRAFT_7 }),
    [{ a: [null] }, { a: [] }],
    [{ a: [null, 1] }, { a: [1] }],
  ],
  ["unevaluatedItems", of({ prefixItems: [true], unevaluatedItems: false }), [{ a: [1] }], [{ a: [1, 2] }]],
  ["minItems", of({ minItems: 1, maxItems: 2 }), [{ a: [1] }], [{ a: [] }, { a: [1, 2, 3] }]],
  ["uniqueItems", of({ uniqueItems: true }), [{ a: [1, true, "1"] }], [{ a: [{ x: 1 }, { x: 1 }] }]],
  ["contains", of({ contains: { type: "null" } }), [{ a: [1, null] }], [{ a: [1] }, { a: [] }]],
  [
    "minContains",
    of({ contains: { const: 1 }, minContains: 2, maxContains: 3 }),
    [{ a: [1, 1] }],
    [{ a: [1] }, { a: [1, 1, 1, 1] }],
  ],
  ["minimum", of({ minimum: 5, maximum: 6 }), [{ a: 5 }, { a: "x" }], [{ a: 4.9 }, { a: 7 }]],
  ["exclusiveMinimum", of({ exclusiveMinimum: 5, exclusiveMaximum: 6 }), [{ a: 5.5 }], [{ a: 5 }, { a: 6 }]],
  ["multipleOf", of({ multipleOf: 0.01 }), [{ a: 19.99 }, { a: 0 }], [{ a: 0.001 }]],
  ["minLength", of({ minLength: 2, maxLength: 2 }), [{ a: "😀é" }], [{ a: "😀" }, { a: "abc" }]],
  ["anyOf", { type: "object", anyOf: [{ required: ["b"] }, { required: ["c"] }] }, [{ b: 1 }, { c: 1 }], [{}]],
  ["oneOf", of({ oneOf: [{ type: "number" }, { type: "integer" }] }), [{ a: 1.5 }], [{ a: 1 }, { a: "x" }]],
  ["allOf", { type: "object", allOf: [of({}, { additionalProperties: false })] }, [{ a: 1 }], [{ a: 1, b: 1 }]],
  ["not", of({ not: { type: "null" } }), [{ a: 1 }], [{ a: null }]],
  [
    "if, then and else",
    // biome-ignore lint/suspicious/noThenProperty: it is a keyword of JSON Schema.
    of({}, { if: of({ const: 1 }), then: { required: ["b"] }, else: { required: ["c"] } }),
    [
      { a: 1, b: 1 },
      { a: 2, c: 1 },
    ],
    [{ a: 1 }, { a: 2 }],
  ],
  ["$defs", of({ $ref: "#/$defs/x~1 y" }, { $defs: { "x/ y": { type: "null" } } }), [{ a: null }], [{ a: 1 }]],
  [
    "definitions",
    of({ $ref: "#/definitions/x" }, { definitions: { x: { type: "integer" } } }),
    [{ a: 1 }],
    [{ a: "" }],
  ],
  [
    "definitions of draft 7, whose references stand alone",
    of({ $ref: "#/definitions/x", maxLength: 2 }, { $schema: DRAFT_7, definitions: { x: { type: "string" } } }),
    [{ a: "abc" }],
    [{ a: 1 }],
  ],
  [
    "what stands beside $ref",
    of({ $ref: "#/$defs/x", maxLength: 2 }, { $defs: { x: {} } }),
    [{ a: "ab" }],
    [{ a: "abc" }],
  ],
  [
    "$ref to any schema within",
    of({ type: "null" }, { required: ["b"], properties: { b: { $ref: "#/properties/a" }, a: { type: "null" } } }),
    [{ b: null }],
    [{ b: 1 }],
  ],
  ["$ref with %", of({ $ref: "#/$defs/%C3%A9" }, { $defs: { é: { type: "null" } } }), [{ a: null }], [{ a: 1 }]],
  ["a schema in itself", tree, [{ kids: [{ kids: [], n: 1 }] }], [{ kids: [{ kids: [{ n: "x" }] }] }]],
  ["booleans", of(true, { additionalProperties: false }), [{ a: { b: 1 } }], [{ b: 1 }]],
  [
    "names of every object's own",
    JSON.parse('{"type":"object","properties":{"__proto__":{"type":"integer"},"constructor":{"type":"null"}}}'),
    [JSON.parse('{"__proto__":1}'), {}],
    [JSON.parse('{"__proto__":"x"}'), { constructor: 1 }],
  ],
  ["their requirement", { type: "object", required: ["__proto__"] }, [JSON.parse('{"__proto__":1}')], [{}]],
  [
    "names of keywords",
    of({}, { properties: { not: { type: "null" }, $ref: { type: "null" } } }),
    [{ not: null }],
    [{ $ref: 1 }],
  ],
  [
    "what a provider alone keeps",
    of({ pattern: "^(a+)+$", format: "email", default: "x", title: "t", "x-of-ours": { type: "null" } }),
    [{ a: `${"a".repeat(40)}!` }, { a: 1 }, {}],
    [],
  ],
];

test.each(TABLE)("%s: accepts fitting values, and refuses others", (_, schema, fitting, others) => {
  expect(OutputSchema.safeParse(schema).error).toBeUndefined();
  for (const value of fitting) expect(schemaViolation(value, schema), JSON.stringify(value)).toBeNull();
  for (const value of others) expect(schemaViolation(value, schema), JSON.stringify(value)).toMatch(/^\$/);
});

test("reports a violation by path and kind, without names that the schema does not define", () => {
  const scores = { type: "object", additionalProperties: { type: "array", items: { type: "integer" } } };
  expect(schemaViolation({ a: { hunter2: [1, "x"] } }, of(scores))).toBe("$.a.*.1 is of another type");
  expect(schemaViolation({ "x/y~ é": 1 }, of({}, { properties: { "x/y~ é": { enum: ["x"] } } }))).toBe(
    "$.x/y~ é is none of the values that it names",
  );
  expect(schemaViolation({ hunter2: 1 }, of({}, { additionalProperties: false }))).toBe("$.* is not allowed");
  expect(schemaViolation({ a: 1 }, of({ anyOf: [{ type: "null" }, { minimum: 2 }] }))).toBe(
    "$.a is none of what it may be",
  );
});

test("checks a value of the maximum depth against a recursive schema", () => {
  let deep: Record<string, unknown> = { n: "x" };
  for (let level = 0; level < 99; level += 1) deep = { kids: [deep] };
  expect(OutputSchema.safeParse(tree).success).toBe(true);
  expect(schemaViolation(deep, tree)).toMatch(/^\$\.kids\.0\.kids.* is of another type$/);
});

/** Each schema of the chain leads four times to the next. */
const chain = (length: number) => {
  const links = Array.from({ length }, (_, index) => {
    return [`d${index}`, { anyOf: Array.from({ length: 4 }, () => ({ $ref: `#/$defs/d${index + 1}` })) }];
  });
  return of({ $ref: "#/$defs/d0" }, { $defs: Object.fromEntries([...links, [`d${length}`, { type: "string" }]]) });
};
const numbers = Array.from({ length: 150_000 }, (_, index) => index);
const choices = numbers.slice(0, 3_000).map((n) => ({ const: n }));

test.each([
  ["a chain that grows with each link, and fits", chain(15), { a: "x" }],
  ["the same that does not", chain(15), { a: 1 }],
  ["many choices for many items", of({ items: { oneOf: choices } }), { a: numbers.map(() => 5) }],
  ["each item against each", of({ uniqueItems: true }), { a: numbers }],
])("gives up within seconds a schema that is too expensive: %s", (_, schema, value) => {
  expect(OutputSchema.safeParse(schema).success).toBe(true);
  const startedAt = performance.now();
  expect(schemaViolation(value, schema)).toMatch(/^the schema took too long to hold the message against/);
  expect(performance.now() - startedAt).toBeLessThan(6_000);
});

test("bounds the memory for intermediate violations", () => {
  const value = Object.fromEntries(numbers.slice(0, 90_000).map((n) => [`k${n}`, "x"]));
  const schema = { type: "object", additionalProperties: { anyOf: choices } };
  const { maxRSS } = process.resourceUsage();
  expect(schemaViolation(value, schema)).toMatch(/^the schema took too long/);
  expect(process.resourceUsage().maxRSS - maxRSS).toBeLessThan(400 * 1024);
});

test("any accepted schema can check any value", () => {
  const keyword = fc.constantFrom(
    ...[
      "type",
      "properties",
      "required",
      "items",
      "anyOf",
      "oneOf",
      "allOf",
      "enum",
      "const",
      "$ref",
      "$defs",
      "title",
    ],
    ...["additionalProperties", "prefixItems", "minItems", "maximum", "multipleOf", "uniqueItems", "definitions"],
    ...["not", "if", "then", "contains", "propertyNames", "unevaluatedProperties", "dependentRequired", "pattern"],
  );
  const type = fc.constantFrom("object", "array", "string", "number", "integer", "boolean", "null");
  const { schema } = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: "small" },
      ...[type, fc.jsonValue({ maxDepth: 1 }), fc.constantFrom("#", "#/properties/a", "#/properties/a/not")],
      ...[tie("schema"), fc.array(tie("schema"), { maxLength: 3 })],
    ),
    schema: fc.dictionary(keyword, tie("value"), { maxKeys: 4 }),
  }));
  let takenCount = 0;
  fc.assert(
    fc.property(schema, fc.jsonValue(), (inner, value) => {
      const given = of(inner);
      if (!OutputSchema.safeParse(given).success) return;
      takenCount += 1;
      expect(schemaViolation({ a: value }, given) ?? "$").toMatch(/^\$/);
    }),
    { numRuns: 2_000 },
  );
  expect(takenCount).toBeGreaterThan(100);
});
