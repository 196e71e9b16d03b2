import { expect, test } from "vitest";
import type { SsoGrant } from "@/contract/sso";
import { type Claims, grantFor, nameOf } from "./grant";

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
  ["an address", { email: "ada@example.com" }, ADA],
  ["an address that is verified", { email: "ada@example.com", email_verified: true }, ADA],
  ["an address that is not", { email: "ada@example.com", email_verified: false }, null],
  ["an address that is not, as a text", { email: "ada@example.com", email_verified: "false" }, null],
  ["what every object has", { groups: { constructor: "platform" } }, null],
  ["nothing at all", {}, null],
];

test.each(granted)("%s", (_name, claims, expected) => {
  expect(grantFor(claims, [ADMIN, TEAM, ADA, YES])).toBe(expected);
});

test("the first that fits decides, and everyone is whoever is left", () => {
  const both = { groups: ["platform"], realm_access: { roles: ["agents"] } };
  expect(grantFor(both, [TEAM, ADMIN, ALL])).toBe(TEAM);
  expect(grantFor(both, [ADMIN, TEAM, ALL])).toBe(ADMIN);
  expect(grantFor({}, [ADMIN, TEAM, ALL])).toBe(ALL);
});

test("what only an object's own kind has is no claim", () => {
  const inherited: SsoGrant = { claim: ["constructor", "name"], value: "Object", role: "admin", tenantId: "*" };
  expect(grantFor({}, [inherited])).toBeNull();
});

test("people are called by addresses, and by none that they chose themselves", () => {
  const name = (claims: Claims) => nameOf(claims, "https://id.example.com/realms/x");
  expect(name({ sub: "1", email: "ada@example.com", preferred_username: "ada" })).toBe("ada@example.com");
  expect(name({ sub: "1", email: "ada@example.com", email_verified: false })).toBe("1@id.example.com");
  expect(name({ sub: "1", preferred_username: "admin" })).toBe("admin@id.example.com");
  expect(name({ sub: "1", preferred_username: "ada@example.com" })).toBe("ada@example.com@id.example.com");
  expect(name({ sub: "1", preferred_username: " \u202ead\u0000min\n" })).toBe("admin@id.example.com");
  expect(name({ sub: "x".repeat(255) })).toHaveLength(100);
  expect(name({ sub: "x".repeat(255) })).toMatch(/@id\.example\.com$/);
});
