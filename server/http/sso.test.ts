import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import type { SsoGrant } from "@/contract/sso";
import { createTestDatabase, type TestDatabase } from "@/db/test/database";
import { TestBrowser } from "@/server/sso/test/browser";
import { CLIENT, type People, startTestProvider, type TestProvider } from "@/server/sso/test/provider";
import { ADMIN_TOKEN, startTestWeb, type TestWeb } from "@/server/test/web";

const PEOPLE: People = {
  ada: { email: "ada@example.com", email_verified: true, groups: ["platform", "x"] },
  bob: { email: "bob@example.com", email_verified: true, realm_access: { roles: ["agents"] } },
  eve: { email: "ada@example.com", email_verified: false },
  ivy: { email: "ada@example.com" },
};
const GRANTS: SsoGrant[] = [
  { claim: "groups", value: "platform", role: "admin", tenantId: "*" },
  { claim: ["realm_access", "roles"], value: "agents", role: "operator", tenantId: "team-b" },
  { claim: "email", value: "ada@example.com", role: "viewer", tenantId: "*" },
];

let database: TestDatabase;
let provider: TestProvider;
let web: TestWeb;
beforeEach(async () => {
  database = await createTestDatabase();
  provider = await startTestProvider(PEOPLE);
  web = await startWeb({});
  return async () => {
    await web[Symbol.asyncDispose]();
    await provider[Symbol.asyncDispose]();
    await database[Symbol.asyncDispose]();
  };
});

/** Starts another web with a different configuration file. */
async function startWeb(over: Record<string, unknown>, env: Record<string, string> = {}): Promise<TestWeb> {
  const folder = mkdtempSync(path.join(tmpdir(), "agentrun-sso-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, "sso.json");
  const { id: clientId, secret } = CLIENT;
  writeFileSync(path.join(folder, "secret"), `${secret}\n`);
  const said = { issuer: provider.issuer, clientId, keyFile: "secret", scopes: ["email", "groups"], grants: GRANTS };
  writeFileSync(file, JSON.stringify({ ...said, ...over }));
  return startTestWeb(database, { env: { AGENTRUN_SSO: file, ...env } });
}

const start = (next = "/queue?state=waiting") => `${web.url}/api/auth/sso?next=${encodeURIComponent(next)}`;
const leadsTo = (response: Response) => new URL(response.headers.get("location") ?? "", web.url);
const cookieIn = (browser: TestBrowser) => browser.cookiesOf("127.0.0.1").get("agentrun_operator");
const me = (cookie: string | undefined) =>
  web.call("GET", "/api/v1/me", { token: null, headers: { cookie: `agentrun_operator=${cookie}` } });

/** Returns the refusal to which a browser is redirected; asserts that nobody was signed in. */
async function refusalOf(response: Response, browser: TestBrowser): Promise<string | null> {
  expect([response.status, leadsTo(response).pathname, cookieIn(browser)]).toEqual([303, "/sign-in", undefined]);
  const { rows } = await web.wiring.database.pool.query(
    "select count(*)::int as n from agentrun_tokens where kind = 'operator'",
  );
  expect(rows[0].n).toBe(0);
  return leadsTo(response).searchParams.get("error");
}

test("a provider's people sign in with the rights of their grant", async () => {
  const ada = new TestBrowser();
  const back = await ada.get(await ada.signInAt(start(), "ada"));
  expect([back.status, back.headers.get("cache-control")]).toEqual([200, "no-store"]);
  // The browser is sent on by a page of ours.
  expect(await back.text()).toContain('content="0;url=/queue?state=waiting"');
  const [signedIn = "", spent = ""] = back.headers.getSetCookie();
  expect(signedIn).toMatch(/^agentrun_operator=aro_[\w-]{43}; Path=\/; Max-Age=43200; HttpOnly; SameSite=Strict$/);
  expect(spent).toMatch(/^agentrun_sso_[\w-]{16}=; Path=\/api\/auth\/sso; Max-Age=0; HttpOnly; SameSite=Lax$/);
  const cookie = cookieIn(ada);
  expect((await me(cookie)).body).toMatchObject({ name: "ada@example.com", role: "admin", tenantId: null });

  const bob = new TestBrowser();
  await bob.get(await bob.signInAt(start(), "bob"));
  expect((await me(cookieIn(bob))).body).toMatchObject({
    name: "bob@example.com",
    role: "operator",
    tenantId: "team-b",
  });

  const { rows } = await web.wiring.database.pool.query(
    `select audit.actor, audit.tenant_id, audit.details, extract(epoch from token.expires_at - audit.at)::int as seconds
     from agentrun_audit audit join agentrun_tokens token on token.id = audit.target_id
     where audit.action = 'identity.signIn' order by audit.at`,
  );
  const by = { by: "sso", issuer: provider.issuer };
  expect(rows).toEqual([
    {
      actor: "operator:ada@example.com",
      tenant_id: null,
      details: { ...by, subject: "ada", role: "admin" },
      seconds: 43_200,
    },
    {
      actor: "operator:bob@example.com",
      tenant_id: "team-b",
      details: { ...by, subject: "bob", role: "operator" },
      seconds: 43_200,
    },
  ]);
  const tokens = await web.call("GET", "/api/v1/tokens", {
    token: null,
    headers: { cookie: `agentrun_operator=${cookie}` },
  });
  expect(tokens.body).toMatchObject({ items: [{ name: "bob@example.com", kind: "browser" }, { isOwn: true }] });
});

test("refuses a person whom no grant matches, whatever address they entered", async () => {
  const eve = new TestBrowser();
  expect(await refusalOf(await eve.get(await eve.signInAt(start(), "eve")), eve)).toBe("sso-no-grant");
  const ivy = new TestBrowser();
  expect(await refusalOf(await ivy.get(await ivy.signInAt(start(), "ivy")), ivy)).toBe("sso-no-grant");

  await using trusting = await startWeb({ trustEmail: true });
  await ivy.get(await ivy.signInAt(`${trusting.url}/api/auth/sso`, "ivy"));
  expect((await me(cookieIn(ivy))).body).toMatchObject({ name: "ada@example.com", role: "viewer", tenantId: null });
});

test("a callback is refused in another browser, a second time, and with another sign-in's code", async () => {
  const ada = new TestBrowser();
  const back = await ada.signInAt(start(), "ada");
  // Somebody is given another person's callback address, so as to be signed in as that person.
  const other = new TestBrowser();
  expect(await refusalOf(await other.get(back), other)).toBe("sso-expired");
  const wrongState = back.replace(/state=[^&]+/, "state=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
  expect(await refusalOf(await ada.get(wrongState), ada)).toBe("sso-expired");

  // A stolen code is used in the thief's own sign-in.
  const mallory = new TestBrowser();
  const own = new URL(await mallory.signInAt(start(), "bob"));
  own.searchParams.set("code", new URL(back).searchParams.get("code") ?? "");
  expect(await refusalOf(await mallory.get(own.href), mallory)).toBe("sso-refused");

  const again = new TestBrowser();
  const once = await again.signInAt(start(), "ada");
  const kept = new Map(again.cookiesOf("127.0.0.1"));
  expect((await again.get(once)).status).toBe(200);
  const replay = new TestBrowser();
  for (const [name, value] of kept) replay.cookiesOf("127.0.0.1").set(name, value);
  expect(leadsTo(await replay.get(once)).searchParams.get("error")).toBe("sso-refused");
});

type IdToken = { header: string; payload: string; signature: string; claims: Record<string, unknown> };
const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
const MORE = { groups: ["platform"] };

/** What replaces Bob's ID token. Where it is signed, it is signed with the provider's own key. */
const tokens: [string, (token: IdToken) => string, boolean][] = [
  ["is signed anew, and says the same", ({ claims }) => provider.sign(claims), true],
  [
    "says more than was signed",
    ({ header, claims, signature }) => `${header}.${base64({ ...claims, ...MORE })}.${signature}`,
    false,
  ],
  ["is signed by nobody", ({ claims }) => `${base64({ alg: "none" })}.${base64({ ...claims, ...MORE })}.`, false],
  ["is for another program", ({ claims }) => provider.sign({ ...claims, aud: "another" }), false],
  ["is of another provider", ({ claims }) => provider.sign({ ...claims, iss: "http://127.0.0.1:1" }), false],
  ["is of another try", ({ claims }) => provider.sign({ ...claims, nonce: "another" }), false],
  ["is of no try", ({ claims: { nonce: _, ...others } }) => provider.sign(others), false],
  ["is over", ({ claims }) => provider.sign({ ...claims, exp: Math.floor(Date.now() / 1_000) - 60 }), false],
  ["is somebody else's", ({ claims }) => provider.sign({ ...claims, sub: "ada" }), false],
];

test.each(tokens)("an ID token that %s", async (_name, change, isGood) => {
  const bob = new TestBrowser();
  const back = await bob.signInAt(start(), "bob");
  provider.tamper = (asked, body) => {
    if (asked !== "/token") return body;
    const answer = JSON.parse(body) as { id_token: string };
    const [header = "", payload = "", signature = ""] = answer.id_token.split(".");
    const claims = JSON.parse(Buffer.from(payload, "base64url").toString()) as Record<string, unknown>;
    return JSON.stringify({ ...answer, id_token: change({ header, payload, signature, claims }) });
  };
  const answer = await bob.get(back);
  if (isGood) expect([answer.status, cookieIn(bob)]).toEqual([200, expect.anything()]);
  else expect(await refusalOf(answer, bob)).toBe("sso-refused");
});

test("ignores userinfo of another person", async () => {
  const bob = new TestBrowser();
  const back = await bob.signInAt(start(), "bob");
  provider.tamper = (asked, body) => (asked === "/me" ? JSON.stringify({ sub: "ada", groups: ["platform"] }) : body);
  expect(await refusalOf(await bob.get(back), bob)).toBe("sso-refused");
  expect(provider.asked).toContain("/me");
});

test("redirects back only to pages of this console", async () => {
  for (const next of [
    "https://evil.example/",
    "//evil.example",
    "/api/auth/sso?next=/x",
    "/sign-in?next=/x",
    `/${"é".repeat(400)}`,
    "/\\evil.example",
    "/.//evil.example",
    `/${"x".repeat(2_000)}`,
  ]) {
    const ada = new TestBrowser();
    const page = await (await ada.get(await ada.signInAt(start(next), "ada"))).text();
    expect([next, page]).toEqual([next, expect.stringContaining('content="0;url=/"')]);
  }
  const ada = new TestBrowser();
  const page = await (
    await ada.get(await ada.signInAt(start(`/queue?search="><script>alert(1)</script>`), "ada"))
  ).text();
  expect(page).not.toMatch(/<script|"><s/);
});

test("a refused or unverifiable sign-in shows its reason and can be repeated", async () => {
  const ada = new TestBrowser();
  const begun = await ada.get(start());
  const state = leadsTo(begun).searchParams.get("state");
  const no = await ada.get(
    `${web.url}/api/auth/sso/callback?error=access_denied&state=${state}&iss=${provider.issuer}`,
  );
  expect(await refusalOf(no, ada)).toBe("sso-denied");
  expect(leadsTo(no).searchParams.get("next")).toBe("/queue?state=waiting");
  expect((await ada.get(await ada.signInAt(start(), "ada"))).status).toBe(200);
});

test("an unreachable provider is tried again at the next sign-in, and token holders are not affected", async () => {
  await provider.goAway();
  const ada = new TestBrowser();
  expect(await refusalOf(await ada.get(start()), ada)).toBe("sso-unreachable");
  await provider.comeBack();
  const waiting = await Promise.all(
    Array.from({ length: 12 }, async () => {
      const browser = new TestBrowser();
      return { browser, back: await browser.signInAt(start(), "ada") };
    }),
  );
  await provider.goAway();
  for (const { browser, back } of waiting)
    expect(await refusalOf(await browser.get(back), browser)).toBe("sso-unreachable");
  await provider.comeBack();
  expect((await ada.get(await ada.signInAt(start(), "ada"))).status).toBe(200);
  const byToken = await web.call("POST", "/api/auth/sign-in", { token: null, body: { token: ADMIN_TOKEN } });
  expect(byToken.status).toBe(200);
});

test.each([
  ["server_error", "sso-unreachable"],
  ["temporarily_unavailable", "sso-unreachable"],
  ["login_required", "sso-refused"],
  ["invalid_scope", "sso-refused"],
])("a provider's error %s becomes %s", async (word, expected) => {
  const ada = new TestBrowser();
  const state = leadsTo(await ada.get(start())).searchParams.get("state");
  const query = new URLSearchParams({ error: word, state: state ?? "", iss: provider.issuer });
  expect(await refusalOf(await ada.get(`${web.url}/api/auth/sso/callback?${query}`), ada)).toBe(expected);
});

test("limits failed sign-ins, also concurrent ones, without calling the provider", async () => {
  const guesses = await Promise.all(
    Array.from({ length: 45 }, async (_, guess) => {
      const mallory = new TestBrowser();
      const state = leadsTo(await mallory.get(start())).searchParams.get("state") ?? "";
      const query = new URLSearchParams({ code: `guess-${guess}`, state, iss: provider.issuer });
      return () =>
        mallory.get(`${web.url}/api/auth/sso/callback?${query}`).then((answer) => refusalOf(answer, mallory));
    }),
  );
  const reasons = await Promise.all(guesses.map((guess) => guess()));
  expect(reasons.filter((reason) => reason === "sso-refused")).toHaveLength(30);
  expect(reasons.filter((reason) => reason === "rate-limited")).toHaveLength(15);
  expect(provider.asked.filter((asked) => asked === "/token")).toHaveLength(30);
});

test("a browser that starts repeatedly keeps few sign-ins, within a cookie's size", async () => {
  const ada = new TestBrowser();
  let last = "";
  for (let round = 0; round < 30; round += 1) {
    const begun = await ada.get(start(`/${"x".repeat(950)}`));
    last = begun.headers.get("location") ?? "";
    for (const cookie of begun.headers.getSetCookie()) expect(cookie.length).toBeLessThan(4_096);
  }
  expect([...ada.cookiesOf("127.0.0.1").keys()].filter((name) => name.startsWith("agentrun_sso_"))).toHaveLength(5);
  expect((await ada.get(await ada.signInAt(last, "ada"))).status).toBe(200);
});

test("a client with a wrong secret signs nobody in, and the secret is not revealed", async () => {
  await using wrong = await startWeb({ keyFile: undefined, keyEnv: "AGENTRUN_TEST_SSO_KEY" });
  const told: string[] = [];
  wrong.wiring.log.warn = ((...said: unknown[]) =>
    void told.push(JSON.stringify(said))) as typeof wrong.wiring.log.warn;
  const ada = new TestBrowser();
  expect(await refusalOf(await ada.get(`${wrong.url}/api/auth/sso`), ada)).toBe("sso-unreachable");
  expect(told.splice(0)).toEqual([expect.stringContaining("not in its variable AGENTRUN_TEST_SSO_KEY")]);
  process.env.AGENTRUN_TEST_SSO_KEY = "another-secret";
  onTestFinished(() => {
    delete process.env.AGENTRUN_TEST_SSO_KEY;
  });
  const back = await ada.signInAt(`${wrong.url}/api/auth/sso`, "ada");
  expect(await refusalOf(await ada.get(back), ada)).toBe("sso-refused");
  expect(told).toHaveLength(1);
  expect(told[0]).toContain("invalid_client");
  for (const secret of ["another-secret", new URL(back).searchParams.get("code") ?? "?", CLIENT.secret])
    expect(told[0]).not.toContain(secret);
});

test("the provider's name is public; without a provider there is none", async () => {
  const methods = (of: TestWeb) => of.call("GET", "/api/v1/sign-in-methods", { token: null });
  expect((await methods(web)).body).toEqual({ sso: { label: "single sign-on" } });
  await using plain = await startTestWeb(database);
  expect((await methods(plain)).body).toEqual({ sso: null });
  const browser = new TestBrowser();
  expect(await refusalOf(await browser.get(`${plain.url}/api/auth/sso`), browser)).toBe("sso-off");
  expect(await refusalOf(await browser.get(`${plain.url}/api/auth/sso/callback?code=x`), browser)).toBe("sso-off");
  expect((await web.call("POST", "/api/auth/sso", { body: {} })).status).toBe(405);
});

test("over TLS the sign-in's cookie is Secure and the callback address uses https", async () => {
  await using secure = await startWeb({}, { AGENTRUN_PUBLIC_URL: "https://AgentRun.example:443/" });
  const begun = await new TestBrowser().get(`${secure.url}/api/auth/sso`);
  expect(begun.headers.getSetCookie()[0]).toMatch(/; HttpOnly; SameSite=Lax; Secure$/);
  expect(new URL(begun.headers.get("location") ?? "").searchParams.get("redirect_uri")).toBe(
    "https://agentrun.example/api/auth/sso/callback",
  );
});

const wrongFiles: [Record<string, unknown>, RegExp][] = [
  [{ issuer: "http://id.example.com" }, /https/],
  [{ issuer: "https://id.example.com/?x=1" }, /no query/],
  [{ grants: [] }, /grants/],
  [{ issuer: "id.example.com" }, /issuer/],
  [{ issuer: "https://" }, /issuer/],
  [{ issuer: "https://:secret@id.example.com" }, /credentials/],
  [{ grants: [{ claim: "groups", value: "x", role: "root", tenantId: "*" }] }, /grants\[0\]\.role/],
  [{ grants: [{ claim: "groups", value: "x", role: "admin" }] }, /grants\[0\]\.tenantId/],
  [{ grants: [{ claim: "groups", role: "admin", tenantId: "*" }] }, /claim and its value/],
  [{ grants: [{ claim: "groups", value: "x", everyone: true, role: "admin", tenantId: "*" }] }, /or everyone/],
  [{ grants: [{ group: "x", role: "admin", tenantId: "*" }] }, /group/],
  [{ keyEnv: "X" }, /one of them/],
  [{ secret: "canary" }, /secret/],
];

test.each(wrongFiles)("a wrong file stops the start: %j", async (over, message) => {
  const started = startWeb(over);
  await expect(started).rejects.toThrow(/^AGENTRUN_SSO: /);
  await expect(started).rejects.toThrow(message);
  await expect(started).rejects.not.toThrow(/canary/);
});
