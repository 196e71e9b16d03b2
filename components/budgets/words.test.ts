import { expect, test } from "vitest";
import type { BudgetPeriod } from "@/contract/budget";
import {
  amountWords,
  boundsWords,
  conditionOf,
  formatAmount,
  leftOf,
  missingWords,
  partWords,
  percentOf,
  percentWords,
  periodName,
  sessionsWords,
  spentWords,
  tenantWords,
} from "./words";

const period = (more: Partial<BudgetPeriod>): BudgetPeriod => ({
  ...{ budgetId: "bgt_1", key: "2026-01-01", sessionId: null, spent: 1, limit: 2, isRaised: false, raisedBy: null },
  ...{ startsAt: "2026-01-01T00:00:00.000Z", endsAt: "2026-02-01T00:00:00.000Z", state: "within" },
  ...{ nearAt: null, reachedAt: null, uncountedCalls: 0, unpricedCalls: 0, ...more },
});

test("shows money with its currency, and tokens exactly while they are few", () => {
  expect(spentWords("USD", { spent: 3.2, limit: 5 })).toBe("$3.20 of $5.00");
  expect(spentWords("tokens", { spent: 49_960, limit: 50_000 })).toBe("49,960 of 50,000 tokens");
  expect(spentWords("tokens", { spent: 12_300_000, limit: 2_000_000_000 })).toBe("12.3M of 2.0B tokens");
  expect([formatAmount("EUR", 0.000041), amountWords("tokens", 1)]).toEqual(["€0.000041", "1 token"]);
});

test("does not round spending up to all of the budget", () => {
  expect(percentOf({ spent: 4.9999, limit: 5 })).toBe(99);
  expect(percentOf({ spent: 5, limit: 5 })).toBe(100);
  expect(percentOf({ spent: 6.5, limit: 5 })).toBe(130);
  expect(percentWords({ spent: 6_603, limit: 10 })).toBe("66,030%");
  expect([leftOf({ spent: 3, limit: 5 }), leftOf({ spent: 6, limit: 5 })]).toEqual([2, 0]);
});

test("describes what counts towards a budget", () => {
  expect(boundsWords({ projectId: null, backendProfile: null })).toBe("all projects and profiles");
  expect(boundsWords({ projectId: "web", backendProfile: null })).toBe("project web");
  expect(boundsWords({ projectId: null, backendProfile: "codex" })).toBe("profile codex");
  expect(boundsWords({ projectId: "web", backendProfile: "codex" })).toBe("project web on profile codex");
  expect([tenantWords("*"), tenantWords("acme")]).toEqual(["all tenants", "tenant acme"]);
});

test("describes whether a reached budget holds work or only warns", () => {
  expect(conditionOf("within", "hold")).toEqual({ state: "within", word: "Within limit", why: null });
  expect(conditionOf("near", "hold").word).toBe("Near limit");
  expect(conditionOf("reached", "hold").word).toBe("Over limit · blocking");
  expect(conditionOf("reached", "tell")).toMatchObject({ tone: "warn", word: "Over limit · warning only" });
  expect([conditionOf("near", null).word, conditionOf("reached", null).word]).toEqual(["Near limit", "Over limit"]);
  expect([sessionsWords(0), sessionsWords(1)]).toEqual(["no sessions over the limit", "1 session over the limit"]);
});

test("names a period by its UTC days, and a session's by its id", () => {
  expect(periodName("month", period({}))).toBe("January 2026");
  expect(periodName("day", period({ endsAt: "2026-01-02T00:00:00.000Z" }))).toBe("Jan 1, 2026");
  const week = period({ startsAt: "2025-12-29T00:00:00.000Z", endsAt: "2026-01-05T00:00:00.000Z" });
  expect(periodName("week", week)).toBe("Dec 29 to Jan 4, 2026");
  expect(periodName("session", period({ key: "ses_1", startsAt: null, endsAt: null }))).toBe("ses_1");
});

test("says what a budget does not count", () => {
  expect(partWords("USD", { uncountedCalls: 0, unpricedCalls: 0 })).toBeNull();
  expect(missingWords("USD", { uncountedCalls: 0, unpricedCalls: 0 })).toBeNull();
  expect(missingWords("USD", { uncountedCalls: 1, unpricedCalls: 2 })).toBe("3 calls not counted");
  expect(partWords("USD", { uncountedCalls: 1, unpricedCalls: 2 })).toBe(
    "Not everything is counted: 2 calls without a price, 1 call without token counts.",
  );
});

test("counts tokens whether or not they have a price", () => {
  expect(partWords("tokens", { uncountedCalls: 0, unpricedCalls: 2 })).toBeNull();
  expect(missingWords("tokens", { uncountedCalls: 1, unpricedCalls: 2 })).toBe("1 call not counted");
});
