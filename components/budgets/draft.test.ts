import { expect, test } from "vitest";
import type { ShownError } from "@/components/trpc/errors";
import { type Budget, CreateBudgetInput } from "@/contract/budget";
import { type BudgetDraft, changeOf, createInputOf, draftOf, errorsOf, NEW_DRAFT, rebased } from "./draft";

const AT = "2026-01-01T09:00:00.000Z";
const budget: Budget = {
  ...{ id: "bgt_1", tenantId: "default", projectId: null, backendProfile: null, name: "month", period: "month" },
  ...{ unit: "USD", limit: 5, warnPercent: 80, action: "hold", current: null, state: "within", reachedSessions: 0 },
  ...{ createdBy: "operator:admin", createdAt: AT, updatedAt: AT, version: 3 },
};
const draft: BudgetDraft = { ...NEW_DRAFT, currency: "USD", name: " Each month ", limit: "12.50" };
const refusal = (more: Partial<ShownError>): ShownError => ({
  ...{ failureKind: "schema-invalid", reason: "invalid-input", message: "no", requestId: null, status: 400 },
  ...{ isRetryable: false, ...more },
});

test("the form's values are what the contract accepts", () => {
  const { input, faults } = createInputOf(draft, true);
  expect(faults).toEqual({});
  expect(input).toEqual({
    ...{ name: "Each month", period: "month", unit: "USD", limit: 12.5, warnPercent: 80, action: "hold" },
  });
  expect(CreateBudgetInput.safeParse(input).success).toBe(true);
  const named = { ...draft, isAllTenants: false, tenant: " acme ", project: "web", profile: "demo", warn: "" };
  expect(createInputOf({ ...named, as: "tokens", limit: "1 000" }, true).input).toMatchObject({
    ...{ tenantId: "acme", projectId: "web", backendProfile: "demo", unit: "tokens", limit: 1_000, warnPercent: null },
  });
});

test("a tenant's caller names no tenant", () => {
  expect(createInputOf({ ...draft, isAllTenants: false, tenant: "acme" }, false).input).not.toHaveProperty("tenantId");
});

test("reports invalid values at their field before sending", () => {
  const wrong = { ...draft, isAllTenants: false, currency: "dollars", limit: "much", warn: "100" };
  const { input, faults } = createInputOf(wrong, true);
  expect(input).toBeNull();
  expect(Object.keys(faults).sort()).toEqual(["currency", "limit", "tenant", "warn"]);
});

test("sends only what differs", () => {
  expect(changeOf(budget, draftOf(budget))).toEqual({ change: {}, faults: {} });
  const changed = { ...draftOf(budget), name: "month ", limit: "7.5", warn: "", action: "tell" as const };
  expect(changeOf(budget, changed).change).toEqual({ limit: 7.5, warnPercent: null, action: "tell" });
  expect(changeOf(budget, { ...draftOf(budget), limit: "" }).faults).toHaveProperty("limit");
});

test("after a concurrent change shows the other's changes and keeps one's own", () => {
  const now: Budget = { ...budget, version: 4, limit: 9 };
  const shown = rebased({ ...draftOf(budget), name: "mine", limit: "7" }, budget, now);
  expect(shown).toMatchObject({ name: "mine", limit: "9" });
  expect(changeOf(now, shown).change).toEqual({ name: "mine" });
});

test("shows each refusal at its field", () => {
  expect(errorsOf(null)).toEqual({});
  expect(errorsOf(refusal({ reason: "already-exists", message: "it is there" }))).toEqual({ name: "it is there" });
  expect(errorsOf(refusal({ message: "never" }))).toEqual({ form: "never" });
  expect(errorsOf(refusal({ message: "limit: is too little" }))).toEqual({ limit: "is too little" });
  expect(errorsOf(refusal({ message: "sessionId: is needed" }))).toEqual({ form: "sessionId: is needed" });
  const issues = [
    { path: "limit", message: "at most six decimals" },
    { path: "tenantId", message: "too long" },
    { path: "surprise", message: "unknown" },
  ];
  expect(errorsOf(refusal({ details: { issues } }))).toEqual({
    ...{ limit: "at most six decimals", tenant: "too long", form: "surprise: unknown" },
  });
});
