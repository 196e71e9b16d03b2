import { expect, test } from "vitest";
import { formatInZone, knownZones, ownZone } from "./zone";

const AT = "2026-07-01T07:00:00Z";

test("shows an instant in a time zone, and in UTC for an unknown one", () => {
  expect(formatInZone(AT, "Europe/Berlin")).toContain("09:00");
  expect(formatInZone(AT, "UTC")).toContain("07:00");
  for (const zone of ["Mars/Olympus", "<b>", ""]) expect(formatInZone(AT, zone), zone).toBe(formatInZone(AT, "UTC"));
  expect(formatInZone("2126-07-01T07:00:00Z", "UTC")).toContain("2126");
  const soon = new Date(Date.now() + 86_400_000);
  expect(formatInZone(soon.toISOString(), "UTC")).not.toContain(String(soon.getUTCFullYear()));
  expect(formatInZone("no time", "UTC")).toBe("no time");
});

test("offers UTC first and each zone once", () => {
  const zones = knownZones();
  expect(zones[0]).toBe("UTC");
  expect(new Set(zones).size).toBe(zones.length);
  expect([...zones, "Etc/UTC"]).toContain(ownZone());
});
