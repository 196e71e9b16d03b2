import { expect, test } from "vitest";
import type { Backend } from "@/contract/backend";
import { conditionOf, isHeldUp } from "./condition";

const NOW_MS = Date.parse("2026-01-01T00:00:00Z");
const LATER = "2026-01-01T01:00:00Z";
const PROBE = { at: "2025-12-31T23:59:00Z", isOk: true, latencyMs: 5, status: 200, models: null, failures: 0 };
const READY: Backend = {
  ...{ profile: "codex", capabilities: {}, capacity: {}, health: {}, updatedAt: LATER, isDemo: false, model: "m1" },
  ...{
    isConfigured: true,
    wire: "responses",
    baseUrl: null,
    disabled: null,
    tasks: { running: 0, waiting: 0 },
    otherTurns: 0,
  },
  key: { source: "variable", isPresent: true, since: null },
  probe: { ...PROBE, message: "it answers" },
};
const FAILED = { ...PROBE, isOk: false, message: "it refused the key", failures: 2 };

test.each<[string, Partial<Backend>, string | null]>([
  ["Ready", {}, null],
  ["Not tested yet", { probe: null }, null],
  ["Last test failed", { probe: { ...FAILED, failures: 1 } }, "Last test: it refused the key."],
  // Its provider has answered since, or a person says that it is up.
  ["Ready", { probe: { ...FAILED, failures: 0 } }, null],
  ["Failing", { probe: FAILED }, "Last test: it refused the key."],
  ["No key", { key: { source: "file", isPresent: false, since: null }, probe: FAILED }, "is missing or empty"],
  ["Limit reached", { health: { downUntil: LATER, message: "You are out." }, probe: FAILED }, "You are out."],
  ["Ready", { health: { downUntil: "2025-12-31T00:00:00Z", message: "You are out." } }, null],
  ["Not configured", { isConfigured: false, probe: null }, "AGENTRUN_BACKENDS"],
  [
    "Switched off",
    { disabled: { at: LATER, by: "operator:ann", reason: "the bill" }, isConfigured: false },
    "By ann: the bill",
  ],
])("a profile is %s by the first thing that prevents its work", (word, change, why) => {
  const condition = conditionOf({ ...READY, ...change }, NOW_MS);
  expect(condition.word).toBe(word);
  if (why === null) expect(condition.why).toBeNull();
  else expect(condition.why).toContain(why);
});

test.each<[string, Partial<Backend>]>([
  ["its provider said of a limit", { health: { downUntil: LATER, message: "back\u202e soon" } }],
  ["its provider answered", { probe: { ...FAILED, message: "it refused\u202e" } }],
  ["its provider answered once", { probe: { ...FAILED, failures: 1, message: "it refused\u202e" } }],
  ["somebody gave as the reason", { disabled: { at: LATER, by: "operator:ann", reason: "the\u202e bill" } }],
])("reveals hidden characters in what %s", (_name, change) => {
  expect(conditionOf({ ...READY, ...change }, NOW_MS).why).toContain("\\u{202e}");
});

test("offers to resume a profile whose block would end by itself", () => {
  expect(isHeldUp(READY, NOW_MS)).toBe(false);
  expect(isHeldUp({ ...READY, probe: FAILED }, NOW_MS)).toBe(true);
  expect(isHeldUp({ ...READY, health: { downUntil: LATER } }, NOW_MS)).toBe(true);
});
