import { expect, test } from "vitest";
import type { TokenRecord } from "@/contract/identity";
import { breaksOf } from "./revoke-token";

const NOW = Date.parse("2026-01-02T00:00:00Z");
const token: TokenRecord = {
  ...{ id: "tok_1", kind: "api", name: "ci", role: "operator", tenantId: "acme", scopes: null, browsers: 0 },
  ...{ createdAt: "2026-01-01T00:00:00Z", expiresAt: null, usedAt: "2026-01-01T23:57:00Z", isOwn: false },
};

test("names what a revocation ends: the caller, its last use, its browsers, and oneself", () => {
  expect(breaksOf(token, NOW)[0]).toContain("ci (operator, tenant acme)");
  expect(breaksOf(token, NOW)[0]).toContain("Last used 3 m ago");
  expect(breaksOf({ ...token, usedAt: null, tenantId: null }, NOW)[0]).toMatch(/all tenants.*Last used never/);
  expect(breaksOf({ ...token, browsers: 1 }, NOW).join(" ")).toContain("1 browser signed in with it is signed out");
  expect(breaksOf({ ...token, isOwn: true }, NOW).join(" ")).toContain("you are signed out too");
  expect(breaksOf({ ...token, kind: "browser" }, NOW)[0]).toContain("has to sign in again");
});
