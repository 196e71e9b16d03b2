import { expect, test } from "vitest";
import { explainClocks } from "./clock";

const SERVER_MS = Date.parse("2026-01-01T00:00:00Z");
const clock = (databaseAheadMs: number, roundTripMs = 2) => ({
  serverAt: new Date(SERVER_MS).toISOString(),
  databaseAheadMs,
  roundTripMs,
});

test("clocks within the measurable error count as equal", () => {
  expect(explainClocks(clock(40), SERVER_MS + 900, 50)).toMatchObject({ isBad: false });
  // A slow answer says little about a clock.
  expect(explainClocks(clock(2_500, 4_000), SERVER_MS + 5_000, 8_000)).toMatchObject({ isBad: false });
});

test("a deviating clock is reported with amount and direction", () => {
  expect(explainClocks(clock(-3_000), SERVER_MS, 10)).toEqual({
    isBad: true,
    text: "The database's clock is 3.0 s behind the server's. Set both by one time server.",
  });
  expect(explainClocks(clock(0), SERVER_MS + 61_000, 2_000).text).toMatch(/^This browser's clock is 60.0 s ahead/);
});
