import { expect, test } from "vitest";
import { instantOf } from "@/components/ui/time/instant";
import { expiryAfter, refuseExtension } from "./extend";

const NOW = Date.parse("2026-11-22T12:00:00Z");
const LATER = "2026-11-23T12:00:00.000Z";
const PAST = "2026-11-20T12:00:00.000Z";
const DAY = 86_400_000;

test("an extension counts from the expiry, or from now once that has passed", () => {
  expect(expiryAfter({ byMs: DAY }, LATER, NOW)).toBe("2026-11-24T12:00:00.000Z");
  expect(expiryAfter({ byMs: DAY }, PAST, NOW)).toBe("2026-11-23T12:00:00.000Z");
  expect(expiryAfter({ expiresAt: null }, LATER, NOW)).toBeNull();
});

test("does not send a shortening, past or unchanged expiry", () => {
  expect(refuseExtension({ byMs: DAY }, LATER, NOW)).toBeNull();
  expect(refuseExtension({ byMs: DAY }, null, NOW)).toContain("never expires");
  expect(refuseExtension({ expiresAt: null }, LATER, NOW)).toBeNull();
  expect(refuseExtension({ expiresAt: null }, null, NOW)).toContain("already");
  expect(refuseExtension({ expiresAt: LATER }, LATER, NOW)).toContain("cannot shorten");
  expect(refuseExtension({ expiresAt: LATER }, null, NOW)).toContain("shorten");
  expect(refuseExtension({ expiresAt: "2026-11-21T12:00:00.000Z" }, PAST, NOW)).toContain("in the past");
});

test("an incomplete date is no instant", () => {
  expect(instantOf("")).toBeNull();
  expect(instantOf("2026-13-40T99:99")).toBeNull();
  expect(instantOf("2026-11-22T12:00")).toMatch(/^2026-11-22T/);
});
