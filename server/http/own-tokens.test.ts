import { afterEach, beforeEach, expect, test } from "vitest";
import { CreatedToken, OwnTokens } from "@/contract/identity";
import { createTestDatabase, type TestDatabase } from "@/db/test/database";
import { mintOperatorToken } from "@/server/identity";
import { ADMIN } from "@/server/test/context";
import { ADMIN_TOKEN, startTestWeb, type TestWeb } from "@/server/test/web";

let database: TestDatabase;
let web: TestWeb;
beforeEach(async () => {
  database = await createTestDatabase();
  web = await startTestWeb(database);
});
afterEach(async () => {
  await web[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

const OWN = "/api/v1/me/tokens";
const BOB = { name: "bob@example.com", role: "operator", tenantId: "acme" } as const;

/** Returns the headers of a browser that signed in by a link or a provider. */
async function browserOf(person: Parameters<typeof mintOperatorToken>[1] = BOB): Promise<Record<string, string>> {
  const cookie = await mintOperatorToken(web.as(ADMIN), person);
  return { cookie: `agentrun_operator=${cookie}`, "sec-fetch-site": "same-origin" };
}

async function make(headers: Record<string, string>, body: object): Promise<CreatedToken> {
  const answer = await web.call("POST", OWN, { token: null, headers, body });
  expect([answer.status, answer.body]).toEqual([200, expect.anything()]);
  return CreatedToken.parse(answer.body);
}

const ownOf = async (headers: Record<string, string>) =>
  OwnTokens.parse((await web.call("GET", OWN, { token: null, headers })).body);
const statusOf = async (token: string) => (await web.call("GET", "/api/v1/me", { token })).status;
const reasonOf = ({ status, body }: { status: number; body: unknown }) => [
  status,
  (body as { error?: { reason?: string } }).error?.reason,
];

test("a signed-in person can make a program token with their rights, name and expiry", async () => {
  const bob = await browserOf();
  expect(await ownOf(bob)).toMatchObject({ items: [], mayMake: true, until: expect.any(String) });
  const made = await make(bob, { label: "laptop" });
  expect(made).toMatchObject({ name: "bob@example.com/laptop", role: "operator", tenantId: "acme", scopes: null });
  expect((await web.call("GET", "/api/v1/me", { token: made.token })).body).toMatchObject({
    ...{ name: "bob@example.com/laptop", role: "operator", tenantId: "acme" },
  });
  const own = await ownOf(bob);
  expect(own.items).toMatchObject([{ id: made.id, kind: "api", name: made.name, expiresAt: own.until }]);
  expect(JSON.stringify(own)).not.toContain(made.token);

  const narrow = await make(bob, { label: "agent", scopes: ["queue"] });
  expect((await web.call("GET", "/api/v1/queue/tasks", { token: narrow.token })).status).toBe(200);
  expect((await web.call("GET", "/api/v1/sessions", { token: narrow.token })).status).toBe(403);
  const told = (await web.call("GET", "/api/v1/audit?action=identity.createToken")).body as { items: object[] };
  expect(told.items[0]).toMatchObject({
    actor: "operator:bob@example.com",
    details: { name: "bob@example.com/agent" },
  });
});

test("a person's token ends with the sign-in or when revoked; other people's are invisible", async () => {
  const bob = await browserOf();
  const [first, second] = [await make(bob, { label: "one" }), await make(bob, { label: "two" })];
  const ann = await browserOf({ ...BOB, name: "ann@example.com" });
  expect((await ownOf(ann)).items).toEqual([]);
  const revoke = (headers: Record<string, string>, id: string) =>
    web.call("POST", `${OWN}/${id}/revoke`, { token: null, headers, body: { reason: "lost" } });
  expect(reasonOf(await revoke(ann, first.id))).toEqual([404, "not-found"]);
  expect(await statusOf(first.token)).toBe(200);
  expect(await revoke(bob, first.id)).toMatchObject({ status: 200, body: { tokenId: first.id, browsers: 0 } });
  expect([await statusOf(first.token), await statusOf(second.token)]).toEqual([401, 200]);
  // Its name is free again.
  await make(bob, { label: "one" });

  await web.call("POST", "/api/auth/sign-out", { token: null, headers: bob });
  expect(await statusOf(second.token)).toBe(401);
  expect(await statusOf((await make(ann, { label: "one" })).token)).toBe(200);
});

test("only a browser that signed in by a link or a provider can make one", async () => {
  const bob = await browserOf();
  const made = await make(bob, { label: "laptop" });
  // The token cannot be exchanged for a browser's cookie either, which could make other tokens.
  const byToken = await web.call("POST", "/api/auth/sign-in", { token: null, body: { token: made.token } });
  expect([reasonOf(byToken), byToken.headers.get("set-cookie")]).toEqual([[401, "unauthenticated"], null]);

  const { token } = (await web.call("POST", "/api/v1/tokens", { body: { name: "ci", role: "admin" } })).body as {
    token: string;
  };
  const byOther = await web.call("POST", "/api/auth/sign-in", { token: null, body: { token } });
  const others = { cookie: byOther.headers.get("set-cookie")?.split(";")[0] ?? "", "sec-fetch-site": "same-origin" };
  expect(await ownOf(others)).toEqual({ items: [], mayMake: false, until: null });
  const asked = { body: { label: "x" } };
  for (const call of [
    { ...asked, token: made.token },
    { ...asked, token },
    { ...asked, token: ADMIN_TOKEN },
    { ...asked, token: null, headers: others },
  ])
    expect(reasonOf(await web.call("POST", OWN, call))).toEqual([403, "forbidden"]);
  expect(reasonOf(await web.call("POST", OWN, { token: null, headers: bob, body: { label: "laptop" } }))).toEqual([
    409,
    "already-exists",
  ]);
  for (const body of [{}, { label: "" }, { label: " x" }, { label: "a\nb" }, { label: "x", role: "admin" }])
    expect(reasonOf(await web.call("POST", OWN, { token: null, headers: bob, body }))).toEqual([400, "invalid-input"]);
});
