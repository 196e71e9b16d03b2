import { expect, test } from "vitest";
import { z } from "zod";
import { sampleOf } from "./sample";

const object = (properties: Record<string, unknown>, required = Object.keys(properties)) => ({
  type: "object",
  properties,
  required,
  additionalProperties: false,
});

test.each([
  object({ a: { type: "string", minLength: 30 }, b: { type: "string", maxLength: 3 }, c: { type: "boolean" } }),
  object({ n: { type: "number", exclusiveMaximum: -2 }, i: { type: "integer", minimum: 7, multipleOf: 5 } }),
  object({
    l: { type: "array", items: { enum: ["x", "y"] }, minItems: 2 },
    e: { type: "array", items: {}, maxItems: 0 },
  }),
  object({ o: object({ p: { type: ["integer", "null"] } }), q: { anyOf: [{ type: "string" }, { type: "null" }] } }),
  object({ c: { const: 4 }, z: { type: "null" }, either: { oneOf: [{ type: "number" }, { type: "string" }] } }),
  { ...object({ next: { anyOf: [{ $ref: "#" }, { type: "null" }] }, kids: { type: "array", items: { $ref: "#" } } }) },
  { ...object({ a: { $ref: "#/$defs/a" } }), $defs: { a: object({ b: { type: "string" } }) } },
])("the demo's answer fits the schema %j", (schema) => {
  const check = z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0], { registry: z.registry() });
  expect(check.safeParse(sampleOf(schema)).error).toBeUndefined();
});
