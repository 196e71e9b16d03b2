import { expect, test } from "vitest";
import { requestedModelOf } from "./record-answer";

test("reads a request's model as a provider does, in every notation", () => {
  expect(requestedModelOf('{"model":"m1","input":[{"text":"the \\"model\\": m9"}]}')).toBe("m1");
  expect(requestedModelOf('{ "input": [], "model": "m1" }')).toBe("m1");
  // The key of another object must not count.
  expect(requestedModelOf('{"model":"m1","tools":[{"model":"m2"}]}')).toBe("m1");
  expect(requestedModelOf('{"tools":[{"model":"m2"}],"model":"m1"}')).toBe("m1");
  expect(requestedModelOf('{"model":"m\\u0031"}')).toBe("m1");
  for (const none of [
    "",
    "{",
    "[]",
    "null",
    "{}",
    '{"model":1}',
    '{"model":""}',
    '{"tools":[{"model":"m2"}]}',
    '"model"',
  ])
    expect(requestedModelOf(none)).toBeNull();
});

test("a request that names two models has none, also with an escaped second key", () => {
  for (const second of ["model", "mod\\u0065l", "\\u006Dodel"])
    expect(requestedModelOf(`{"model":"cheap","input":[],"${second}":"dear"}`)).toBeNull();
  expect(requestedModelOf('{"model":"same","input":[],"model":"same"}')).toBe("same");
});

test("a request with the key in another case has no model, since some providers ignore case", () => {
  for (const other of ["Model", "MODEL", "m\\u004fdel", "\\u004Dodel"]) {
    expect(requestedModelOf(`{"model":"cheap","input":[],"${other}":"dear"}`)).toBeNull();
    expect(requestedModelOf(`{"${other}":"dear","model":"cheap"}`)).toBeNull();
  }
  expect(requestedModelOf('{"model":"m1","tools":[{"Model":"m2"}]}')).toBe("m1");
});

test("limits a model's name to what can be stored", () => {
  expect(requestedModelOf(JSON.stringify({ model: "x".repeat(200) }))).toHaveLength(200);
  expect(requestedModelOf(JSON.stringify({ model: "x".repeat(201) }))).toBeNull();
  expect(requestedModelOf(JSON.stringify({ model: "a\u0000b" }))).toBe("a\ufffdb");
});
