import { expect, test } from "vitest";
import { OUTPUT_MAX_BYTES } from "@/contract/output-schema";
import { parseOutput } from "./turn-output";

const schema = { type: "object" };

test.each([
  '```json\n{"a":1}\n```',
  '```JSON \r\n{"a":1}\r\n``` ',
  '```json {"a":1} ```',
  '```{"a":1}```',
  '\uFEFF{"a":1}',
  '\uFEFF\n```\n{"a":1}\n```\n\n',
  ' \n{"a":1}\n ',
])("reads an answer inside its fence and white space: %j", (said) => {
  expect(parseOutput(said, schema)).toEqual({ output: { a: 1 } });
});

test("a fence within a value belongs to the value", () => {
  expect(parseOutput('{"a":"```json\\n{}\\n```"}', schema)).toEqual({ output: { a: "```json\n{}\n```" } });
});

test.each([
  ['Here it is:\n```json\n{"a":1}\n```', "is not JSON"],
  ['```json\n{"a":1}\n```\nAnything else?', "is not JSON"],
  ['```json\n{"a":1}\n```\n```json\n{"a":2}\n```', "is not JSON"],
  ['```yaml\n{"a":1}\n```', "is not JSON"],
  ["", "is not JSON"],
  ["[1]", "cannot be its output: expected a JSON object"],
  ["null", "cannot be its output: expected a JSON object"],
  [`${'{"a":'.repeat(250)}1${"}".repeat(250)}`, "nested deeper than 200 levels"],
  [`{"a":${"[".repeat(300_000)}${"]".repeat(300_000)}}`, "nested deeper than 200 levels"],
  [`{"a":"${"x".repeat(OUTPUT_MAX_BYTES)}"}`, `larger than ${OUTPUT_MAX_BYTES} bytes`],
])("refuses what is not exactly one JSON object within the size limit: %#", (said, why) => {
  expect(parseOutput(said, schema)).toEqual({ problem: expect.stringContaining(why) });
});

test("keeps a long list and the name __proto__", () => {
  const list = Array.from({ length: 400_000 }, () => 1);
  expect(parseOutput(JSON.stringify({ list }), schema)).toEqual({ output: { list } });
  const read = parseOutput('{"__proto__":1}', schema);
  expect(JSON.stringify(read)).toBe('{"output":{"__proto__":1}}');
});
