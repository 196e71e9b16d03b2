import { expect, test } from "vitest";
import { errorIn } from "./error-in";
import { limitEnd } from "./limit-end";

const NOW = new Date("2026-01-01T00:00:00Z");
const end = (header: string | null, body: unknown) =>
  limitEnd(
    { get: () => header },
    errorIn(typeof body === "string" ? body : JSON.stringify(body)),
    NOW,
  )?.toISOString() ?? null;

test("reads a limit's end from the header, in seconds or as a date, or from the body; the later one counts", () => {
  expect(end("90", "")).toBe("2026-01-01T00:01:30.000Z");
  expect(end("Thu, 01 Jan 2026 02:00:00 GMT", "")).toBe("2026-01-01T02:00:00.000Z");
  expect(end(null, { error: { type: "usage_limit_reached", resets_at: 1_767_229_200 } })).toBe(
    "2026-01-01T01:00:00.000Z",
  );
  expect(end("5", { error: { resets_in_seconds: 3_600 } })).toBe("2026-01-01T01:00:00.000Z");
});

test("an end that is no instant leaves the other one", () => {
  expect(end("90", { error: { resets_at: 1_767_229_200_000_000_000 } })).toBe("2026-01-01T00:01:30.000Z");
});

test("what says nothing, or nothing that can be read, or a time that is over, has no end", () => {
  for (const [header, body] of [
    [null, ""],
    ["soon", "no json"],
    ["-5", { error: "a text" }],
    ["0", { error: { resets_at: 1 } }],
    [null, null],
    [null, { error: { resets_at: "tomorrow" } }],
    // Later than any instant: nanoseconds, or a number of another meaning.
    ["99999999999999999999", ""],
    [null, { error: { resets_at: 1_767_229_200_000_000_000 } }],
    [null, { error: { retry_after: 1e300 } }],
  ] as const)
    expect(end(header, body)).toBeNull();
});
