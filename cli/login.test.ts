import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "@/db/test/database";
import { mintOperatorToken } from "@/server/identity";
import { ADMIN } from "@/server/test/context";
import { ADMIN_TOKEN, startTestWeb, type TestWeb } from "@/server/test/web";
import { Client } from "./client";
import { openCredentials } from "./credentials";
import { EXIT } from "./failure";

const program = path.resolve("test-results", `login-${process.pid}`, "cli.mjs");
let database: TestDatabase;
let web: TestWeb;
beforeAll(async () => {
  const [made] = await Promise.all([
    createTestDatabase(),
    build({
      ...{ entryPoints: ["cli/main.ts"], outfile: program, logLevel: "warning" },
      ...{ bundle: true, platform: "node", format: "esm", packages: "external" },
    }),
  ]);
  database = made;
  web = await startTestWeb(database);
});
afterAll(async () => {
  rmSync(path.dirname(program), { recursive: true, force: true });
  await web[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

let home = "";
beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), "agentrun-login-"));
  return () => rmSync(home, { recursive: true, force: true });
});
const folder = () => path.join(home, "config", "agentrun");
const file = () => path.join(folder(), "credentials.json");
const stored = () => JSON.parse(readFileSync(file(), "utf8")) as { default: string; servers: Record<string, Kept> };
type Kept = { token: string; tokenId: string; name: string };

type Ended = { code: number | null; out: string; notes: string };

/** Runs the command line as a separate process, for a person whose home is this test's folder. */
function agentrun(words: string[], env: Record<string, string> = {}) {
  const child: ChildProcess = spawn(process.execPath, [program, ...words], {
    cwd: home,
    env: {
      NODE_ENV: "test",
      PATH: process.env.PATH,
      HOME: home,
      XDG_CONFIG_HOME: path.join(home, "config"),
      NO_COLOR: "1",
      ...env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended: Ended = { code: null, out: "", notes: "" };
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    ended.out += text;
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    ended.notes += text;
  });
  const end = once(child, "close").then(([code]) => ({ ...ended, code: code as number | null }));
  return { child, ended, end };
}
const run = (words: string[], env?: Record<string, string>) => agentrun(words, env).end;

async function browserOf(name = "bob@example.com"): Promise<Record<string, string>> {
  const cookie = await mintOperatorToken(web.as(ADMIN), { name, role: "operator", tenantId: "acme" });
  return { cookie: `agentrun_operator=${cookie}`, "sec-fetch-site": "same-origin" };
}

/** Starts `agentrun login` and waits until it polls; returns the code that it shows. */
async function beginLogin(words: string[] = [web.url], env?: Record<string, string>) {
  const login = agentrun(["login", ...words], env);
  const code = () => /^ {2}(\w{4}-\w{4})$/m.exec(login.ended.notes)?.[1] ?? "";
  await expect.poll(code, { timeout: 10_000 }).not.toBe("");
  return { ...login, code: code() };
}

async function decide(code: string, headers: Record<string, string>, decision = "allow"): Promise<void> {
  const answer = await web.call("POST", `/api/v1/device-sign-ins/${code}/decide`, {
    ...{ token: null, headers, body: { decision } },
  });
  expect(answer.status).toBe(200);
}

async function logIn(headers: Record<string, string>, words?: string[]): Promise<Ended> {
  const login = await beginLogin(words);
  await decide(login.code, headers);
  return login.end;
}

test("stores the token of a login, which other commands use until logout", async () => {
  const bob = await browserOf();
  const login = await beginLogin();
  expect(login.ended.notes).toContain(`${web.url}/device?code=${login.code}`);
  const shown = await web.call("GET", `/api/v1/device-sign-ins/${login.code}`, { token: null, headers: bob });
  expect(shown.body).toMatchObject({ client: expect.stringMatching(/./) });
  await decide(login.code, bob);
  const ended = await login.end;
  expect([ended.code, ended.out]).toEqual([EXIT.ok, ""]);
  expect(ended.notes).toMatch(/^signed in to http\S+ as bob@example\.com\/\S.*, until \d{4}-/m);

  const { token, tokenId, name } = stored().servers[web.url] as Kept;
  expect(stored()).toMatchObject({ default: web.url });
  expect([statSync(file()).mode & 0o777, statSync(folder()).mode & 0o777]).toEqual([0o600, 0o700]);
  expect(readdirSync(folder())).toEqual(["credentials.json"]);
  expect(ended.notes).not.toContain(token);

  // Without a named server, the one last logged in to is asked.
  const who = await run(["whoami"]);
  expect([who.code, who.notes]).toEqual([EXIT.ok, ""]);
  expect(who.out).toMatch(
    new RegExp(
      `server +${web.url}\\nname +${name}\\nrole +operator\\ntenant +acme\\nscopes +all.*\\ntoken +${file()}\\nends +\\d{4}-`,
    ),
  );
  expect(JSON.parse((await run(["whoami", "--json"])).out)).toMatchObject({ url: web.url, name, from: file() });
  expect((await run(["ls", "runs"])).code).toBe(EXIT.ok);
  // The environment takes precedence.
  const env = { AGENTRUN_TOKEN: ADMIN_TOKEN, AGENTRUN_URL: web.url };
  expect((await run(["whoami"], env)).out).toMatch(/name +admin\n.*token +AGENTRUN_TOKEN\n/s);

  const out = await run(["logout"]);
  expect(out).toMatchObject({ code: EXIT.ok, notes: `signed out of ${web.url}\n` });
  expect(stored()).toEqual({ default: null, servers: {} });
  expect((await web.call("GET", "/api/v1/me", { token })).status).toBe(401);
  const listed = await web.call("GET", "/api/v1/me/tokens", { token: null, headers: bob });
  expect(JSON.stringify(listed.body)).not.toContain(tokenId);
  expect(await run(["logout", web.url])).toMatchObject({ code: EXIT.usage });
});

test("sends one server's token to no other, and keeps one per server", async () => {
  const asked: (string | undefined)[] = [];
  const other = createServer((request, response) => {
    asked.push(request.headers.authorization);
    response.setHeader("content-type", "application/json").end("{}");
  });
  other.listen(0, "127.0.0.1");
  await once(other, "listening");
  const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
  try {
    await logIn(await browserOf());
    for (const words of [
      ["--url", url, "whoami"],
      ["login", url],
      ["logout", url],
    ])
      await run(words);
    await run(["whoami"], { AGENTRUN_URL: url });
    // The same machine under another name counts as another server.
    await run(["--url", url.replace("127.0.0.1", "localhost"), "whoami"]);
    // A token from the environment is not sent to a server that was logged in to.
    const local = await run(["whoami"], {
      AGENTRUN_TOKEN: "ara_x",
      PORT: String((other.address() as AddressInfo).port),
    });
    expect(local.out).toContain(url);
    expect(asked.length).toBeGreaterThanOrEqual(4);
    expect(asked.filter((authorization) => authorization !== undefined)).toEqual(["Bearer ara_x"]);
  } finally {
    other.closeAllConnections();
    other.close();
  }

  await using second = await startTestWeb(database);
  const bob = await browserOf();
  const login = await beginLogin([second.url]);
  await decide(login.code, bob);
  expect((await login.end).code).toBe(EXIT.ok);
  expect(Object.keys(stored().servers)).toEqual([web.url, second.url]);
  expect((await run(["whoami"])).out).toContain(second.url);
  expect((await run(["--url", web.url, "whoami"])).out).toContain(web.url);
  expect((await run(["logout"])).notes).toContain(second.url);
  expect((await run(["whoami"])).out).toContain(web.url);
});

/** A server that is not AgentRun. */
async function serve(listener: RequestListener) {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.dispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}

test("a named or local server takes precedence over the last login's, and logout affects no other", async () => {
  await logIn(await browserOf());
  const elsewhere = { AGENTRUN_URL: "http://127.0.0.1:1" };
  for (const [words, env] of [
    [["logout"], elsewhere],
    [["--url", "http://127.0.0.1:1", "logout"], {}],
  ] as const)
    expect(await run([...words], env)).toMatchObject({
      ...{ code: EXIT.usage, notes: expect.stringContaining("nobody is signed in to http://127.0.0.1:1 here") },
    });

  await using here = await startTestWeb(database);
  mkdirSync(path.join(home, ".agentrun"));
  const lock = (pid: number) =>
    writeFileSync(path.join(home, ".agentrun", "lock"), JSON.stringify({ pid, since: "", address: here.url }));
  writeFileSync(path.join(home, ".agentrun", "secrets.json"), JSON.stringify({ adminToken: ADMIN_TOKEN }));
  lock(process.pid);
  expect((await run(["whoami"])).out).toMatch(new RegExp(`server +${here.url}\\nname +admin\\n`));
  expect((await run(["whoami"], { AGENTRUN_URL: web.url })).out).toContain(web.url);
  // A supervisor that was killed has left its lock behind.
  lock(2 ** 22 + 1);
  expect((await run(["whoami"])).out).toContain(web.url);
  // A folder from somebody else must not lead to another machine either.
  writeFileSync(
    path.join(home, ".agentrun", "lock"),
    JSON.stringify({ pid: process.pid, since: "", address: "http://evil.example" }),
  );
  expect((await run(["whoami"])).out).toContain(web.url);
  lock(process.pid);
  const again = await logIn(await browserOf(), [web.url]);
  expect(again.notes).toContain(`here other commands ask ${here.url}: name this one by --url`);
  expect(await run(["logout"])).toMatchObject({ code: EXIT.ok, notes: `signed out of ${web.url}\n` });
});

test("refuses what is not AgentRun, stores nothing, and prints no escape sequence of it", async () => {
  const begun = {
    ...{
      deviceCode: "x",
      userCode: "\u001b[31mBCDF",
      verificationUri: "http://x",
      verificationUriComplete: "http://x",
    },
    ...{ expiresInSeconds: 60, intervalSeconds: 1 },
  };
  const refusal = { failureKind: "infra-failed", reason: "forbidden", message: "\u001b]0;no\u0007", retryable: false };
  const token = { state: "allowed", intervalSeconds: 1, token: { token: "ara_x\nx: y", id: 7, name: "\u001b[31m" } };
  for (const [answer, polled, code, words] of [
    [{}, {}, EXIT.unreachable, "is no AgentRun"],
    [{ ...begun, intervalSeconds: "soon" }, {}, EXIT.unreachable, "is no AgentRun"],
    [begun, token, EXIT.unreachable, "is no AgentRun"],
    [begun, { ...token, state: "toString" }, EXIT.unreachable, "is no AgentRun"],
    [
      { ...begun, expiresInSeconds: 1 },
      { state: "waiting", intervalSeconds: 1, token: null },
      ...([EXIT.timeout, "nobody allowed it in time"] as const),
    ],
    [{ error: { ...refusal, requestId: "\u001b[1m" } }, {}, EXIT.forbidden, "(forbidden)"],
  ] as const) {
    using junk = await serve((request, response) => {
      const status = "error" in answer ? 403 : 200;
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify(request.url?.endsWith("poll") ? polled : answer));
    });
    const ended = await run(["login", junk.url]);
    expect([ended.code, ended.notes]).toEqual([code, expect.stringContaining(words)]);
    expect(ended.notes).not.toContain("\u001b");
  }
  expect(readdirSync(home)).toEqual([]);
});

test("reports an address that cannot be used as typed, and where a server redirects", async () => {
  for (const [address, words] of [
    ["localhost:3000", "try: http://localhost:3000, or https://localhost:3000"],
    ["http://127.0.0.1:1/agentrun?x=1", "has more in it than the address of a server"],
    ["http://ann:hunter2@127.0.0.1:1", "no name or password in it"],
  ] as const) {
    const { code, notes } = await run(["login", address]);
    expect([code, notes]).toEqual([EXIT.usage, expect.stringContaining(words)]);
    expect(notes).not.toContain("hunter2");
  }
  using moved = await serve((_, response) => response.writeHead(308, { location: "https://other.example/?t=1" }).end());
  expect(await run(["login", moved.url])).toMatchObject({
    ...{ code: EXIT.unreachable, notes: expect.stringContaining("it leads to https://other.example, which") },
  });
  const secret = await run(["whoami"], { AGENTRUN_TOKEN: "ara_secret\nx", AGENTRUN_URL: web.url });
  expect([secret.code, secret.notes]).toEqual([EXIT.usage, expect.not.stringContaining("ara_secret")]);
});

test("Ctrl-C ends a waiting login", async () => {
  let polls = 0;
  using slow = await serve((request, response) => {
    if (request.url?.endsWith("poll")) polls += 1;
    else
      response.setHeader("content-type", "application/json").end(
        JSON.stringify({
          ...{ deviceCode: "x", userCode: "BCDF-GHJK", verificationUri: "x", verificationUriComplete: "x" },
          ...{ expiresInSeconds: 60, intervalSeconds: 1 },
        }),
      );
  });
  const login = agentrun(["login", slow.url]);
  await expect.poll(() => polls, { timeout: 10_000 }).toBe(1);
  expect(login.ended.notes).toContain(`The page is not at ${slow.url}:`);
  login.child.kill("SIGINT");
  expect((await login.end).code).toBe(EXIT.interrupted);
});

test("Ctrl-C ends a call that nobody answers", async () => {
  let calls = 0;
  using silent = await serve(() => {
    calls += 1;
  });
  const env = { AGENTRUN_URL: silent.url, AGENTRUN_TOKEN: "ara_any" };
  const listing = agentrun(["ls", "sessions", "--timeout", "20"], env);
  await expect.poll(() => calls, { timeout: 10_000 }).toBe(1);
  listing.child.kill("SIGINT");
  expect(await listing.end).toMatchObject({ code: EXIT.interrupted, out: "", notes: "" });
});

test("a program that began with a token which another login replaced goes on with the new one", async () => {
  const how = { timeoutMs: 5_000, onRetry: () => undefined };
  const renewed = new Client({ url: web.url, token: "ara_gone" }, { ...how, renew: () => ADMIN_TOKEN });
  expect(await renewed.call({ method: "GET", path: "/me" })).toMatchObject({ name: "admin" });
  const over = new Client({ url: web.url, token: "ara_gone" }, { ...how, renew: () => "ara_gone" });
  await expect(over.call({ method: "GET", path: "/me" })).rejects.toMatchObject({ status: 401 });
});

test("a repeated login leaves no token behind", async () => {
  const bob = await browserOf();
  await logIn(bob);
  const first = stored().servers[web.url] as Kept;
  await logIn(bob, []);
  const second = stored().servers[web.url] as Kept;
  expect(second.tokenId).not.toBe(first.tokenId);
  const statusOf = async ({ token }: Kept) => (await web.call("GET", "/api/v1/me", { token })).status;
  expect([await statusOf(first), await statusOf(second)]).toEqual([401, 200]);
});

test("reports each other outcome of a login", async () => {
  const bob = await browserOf();
  const refused = await beginLogin();
  await decide(refused.code, bob, "refuse");
  expect(await refused.end).toMatchObject({
    code: EXIT.forbidden,
    notes: expect.stringContaining("agentrun: it was refused in the browser\n"),
  });

  const [late, allowed, given] = [await beginLogin(), await beginLogin(), await beginLogin()];
  await web.wiring.database.pool.query("update agentrun_device_sign_ins set expires_at = now() where user_hash = $1", [
    createHash("sha256").update(late.code).digest("hex"),
  ]);
  const gone = await browserOf("gone@example.com");
  await decide(allowed.code, gone);
  await web.call("POST", "/api/auth/sign-out", { token: null, headers: gone });
  given.child.kill("SIGINT");
  expect(await late.end).toMatchObject({
    code: EXIT.timeout,
    notes: expect.stringContaining("nobody allowed it in time"),
  });
  expect(await allowed.end).toMatchObject({
    code: EXIT.forbidden,
    notes: expect.stringContaining("is signed out by now"),
  });
  expect((await given.end).code).toBe(EXIT.interrupted);
  expect(await run(["login", "http://127.0.0.1:1"])).toMatchObject({
    ...{ code: EXIT.unreachable, notes: expect.stringContaining("http://127.0.0.1:1 cannot be reached") },
  });
  expect(readdirSync(home)).toEqual([]);

  await logIn(bob);
  await web.call("POST", "/api/auth/sign-out", { token: null, headers: bob });
  const over = await run(["ls", "runs"]);
  expect([over.code, over.notes]).toEqual([EXIT.forbidden, expect.stringContaining("  try: run agentrun login")]);
  expect(await run(["logout"])).toMatchObject({ code: EXIT.ok, notes: expect.stringContaining("had ended before") });
});

test("polls again while the server is away during a login", async () => {
  const first = await startTestWeb(database);
  const login = await beginLogin([first.url]);
  await first[Symbol.asyncDispose]();
  await expect.poll(() => login.ended.notes, { timeout: 15_000 }).toContain("trying again");
  await using _second = await startTestWeb(database, { port: first.port });
  await decide(login.code, await browserOf());
  expect((await login.end).code).toBe(EXIT.ok);
});

test("keeps a symbolic link to the file, stores no malformed token, and removes only the given login", () => {
  const [credentials, elsewhere] = [
    openCredentials({ XDG_CONFIG_HOME: path.join(home, "config") }),
    `${home}/kept.json`,
  ];
  const login = { token: "ara_x", tokenId: "tok_1", name: "bob/laptop", expiresAt: null };
  mkdirSync(folder(), { recursive: true });
  writeFileSync(elsewhere, '{"default":null,"servers":{}}');
  symlinkSync(elsewhere, file());
  chmodSync(home, 0o755);
  credentials.save("http://a", login);
  expect(lstatSync(file()).isSymbolicLink()).toBe(true);
  expect([statSync(home).mode & 0o777, statSync(elsewhere).mode & 0o777, readFileSync(elsewhere, "utf8")]).toEqual([
    ...[0o755, 0o600],
    expect.stringContaining("ara_x"),
  ]);
  expect(() => credentials.save("http://a", { ...login, token: "ara_x\nx" })).toThrow("no token that could be kept");
  credentials.remove("http://a", "tok_0");
  expect(credentials.find("http://a")).toEqual(login);
  credentials.remove("http://a", "tok_1");
  expect([credentials.find("http://a"), credentials.lastUrl()]).toEqual([null, null]);
});

test("reports an unusable file without overwriting it, and revokes a token that cannot be stored", async () => {
  mkdirSync(folder(), { recursive: true });
  writeFileSync(file(), '{"servers":');
  const broken = await run(["whoami"]);
  expect([broken.code, broken.notes]).toEqual([
    EXIT.usage,
    expect.stringContaining("is not as agentrun login writes it"),
  ]);
  expect(readFileSync(file(), "utf8")).toBe('{"servers":');
  // Commands that need no server still work.
  expect((await run(["help"])).code).toBe(EXIT.ok);
  expect((await run(["help", "login"])).code).toBe(EXIT.ok);
  expect(await run(["complete", "ls", ""])).toMatchObject({ code: EXIT.ok, out: expect.stringContaining("runs\n") });
  // With both variables set, the broken file is not needed.
  const env = { AGENTRUN_TOKEN: ADMIN_TOKEN, AGENTRUN_URL: web.url };
  expect((await run(["whoami"], env)).code).toBe(EXIT.ok);

  rmSync(folder(), { recursive: true });
  const bob = await browserOf("lost@example.com");
  const login = await beginLogin([web.url]);
  // A file stands in the place of the folder.
  writeFileSync(folder(), "");
  chmodSync(folder(), 0o600);
  await decide(login.code, bob);
  expect(await login.end).toMatchObject({ code: EXIT.usage });
  const listed = await web.call("GET", "/api/v1/me/tokens", { token: null, headers: bob });
  expect(listed.body).toMatchObject({ items: [] });
});
