import { expect, test } from "vitest";
import type { SsoGrant } from "@/contract/sso";
import { type Claims, grantFor, nameOf, trustedClaims } from "./grant";

const ADMIN: SsoGrant = { claim: "groups", value: ["platform", "founders"], role: "admin", tenantId: "*" };
const TEAM: SsoGrant = { claim: ["realm_access", "roles"], value: "agents", role: "operator", tenantId: "team-a" };
const ADA: SsoGrant = { claim: "email", value: "ada@example.com", role: "operator", tenantId: "ada" };
const YES: SsoGrant = { claim: "https://example.com/staff", value: "true", role: "viewer", tenantId: "staff" };
const ALL: SsoGrant = { everyone: true, role: "viewer", tenantId: "*" };

const granted: [string, Claims, SsoGrant | null][] = [
  ["one group of several", { groups: ["x", "founders"] }, ADMIN],
  ["a group that is no list", { groups: "platform" }, ADMIN],
  ["a part of a group's name", { groups: ["platform-guests", "plat"] }, null],
  ["groups that are one text", { groups: "x platform" }, null],
  ["a claim inside others", { realm_access: { roles: ["agents"] } }, TEAM],
  ["a claim inside nothing", { realm_access: "agents" }, null],
  ["a name with dots", { "https://example.com/staff": true }, YES],
  ["an address, in any case", { email: "Ada@Example.com" }, ADA],
  ["an address that is a part of it", { email: "a@example.com" }, null],
  ["what every object has", { groups: { constructor: "platform" } }, null],
  ["nothing at all", {}, null],
];

test.each(granted)("%s", (_name, claims, expected) => {
  expect(grantFor(claims, [ADMIN, TEAM, ADA, YES])).toBe(expected);
});

test("the first matching grant decides, and a grant for everyone matches the rest", () => {
  const both = { groups: ["platform"], realm_access: { roles: ["agents"] } };
  expect(grantFor(both, [TEAM, ADMIN, ALL])).toBe(TEAM);
  expect(grantFor(both, [ADMIN, TEAM, ALL])).toBe(ADMIN);
  expect(grantFor({}, [ADMIN, TEAM, ALL])).toBe(ALL);
});

test("inherited properties are no claims", () => {
  const inherited: SsoGrant = { claim: ["constructor", "name"], value: "Object", role: "admin", tenantId: "*" };
  expect(grantFor({}, [inherited])).toBeNull();
});

test("a path through a text value matches nothing", () => {
  const inside: SsoGrant = { claim: ["email", "x"], value: "ada@example.com", role: "admin", tenantId: "*" };
  expect(grantFor({ email: "ada@example.com" }, [inside])).toBeNull();
});

test.each([
  [true, false, true],
  ["true", false, true],
  [undefined, false, false],
  [null, false, false],
  [false, false, false],
  ["false", false, false],
  ["no", false, false],
  [0, false, false],
  [undefined, true, true],
])("an address whose email_verified is %j, with all trusted %j, counts: %j", (said, isTrusted, counts) => {
  const { email } = trustedClaims({ sub: "1", email: "ada@example.com", email_verified: said }, isTrusted);
  expect(email).toBe(counts ? "ada@example.com" : undefined);
});

test("names people by trusted addresses, and marks names that they chose themselves", () => {
  const name = (claims: Claims) => nameOf(claims, "https://example.com/realms/x");
  expect(name({ sub: "1", email: "ada@example.com", preferred_username: "ada" })).toBe("ada@example.com");
  expect(name({ sub: "1" })).toBe("1 (example.com)");
  expect(name({ sub: "1", preferred_username: "admin" })).toBe("admin (example.com)");
  expect(name({ sub: "1", preferred_username: "ada@example.com" })).toBe("ada@example.com (example.com)");
  expect(name({ sub: "1", preferred_username: " \u202ea\u3164d\u034f\ufe0f\u0000min\n" })).toBe("admin (example.com)");
  expect(name({ sub: "x".repeat(255) })).toHaveLength(200);
  expect(name({ sub: "x".repeat(255) })).toMatch(/ \(example\.com\)$/);
});
