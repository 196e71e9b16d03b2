import { expect, test } from "vitest";
import { readRequest } from "./otlp";

const span = {
  traceId: "0af7651916cd43dd8448eb211c80319c",
  spanId: "b7ad6b7169203331",
  name: "run",
  kind: 1,
  startTimeUnixNano: "1793491800000000000",
  endTimeUnixNano: "1793491800000000001",
  attributes: [{ key: "a", value: { intValue: "-7" } }],
  status: { code: 2, message: "broken" },
};
const read = (more: object) =>
  readRequest(JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [{ ...span, ...more }] }] }] }));

test("reads an OTLP request exactly", () => {
  expect(read({}).resourceSpans[0]?.scopeSpans[0]?.spans).toEqual([span]);
});

test.each([
  ["an id in base64", { traceId: "Cvd2URbNQ92ESOshHIAxnA==" }],
  ["an id of another length", { spanId: "b7ad6b71692033" }],
  ["an id of nothing", { spanId: "0000000000000000" }],
  ["a time as a number", { startTimeUnixNano: 1_793_491_800_000 }],
  ["an enum by its name", { kind: "SPAN_KIND_INTERNAL" }],
  ["an enum that is none", { kind: 9 }],
  ["a 64-bit number that is no string", { attributes: [{ key: "a", value: { intValue: 7 } }] }],
  ["a value of two types", { attributes: [{ key: "a", value: { intValue: "7", boolValue: true } }] }],
  ["a field that is none", { parentId: "b7ad6b7169203331" }],
  ["half of a pair of surrogates", { name: "\ud800" }],
  ["attributes that are no list", { attributes: { a: 1 } }],
])("refuses %s", (_, more) => {
  expect(() => read(more)).toThrow(/^request\.resourceSpans\[0\]/);
});
