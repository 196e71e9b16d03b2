import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { EVERY_LOOK, expect, look, lookInAll, newSignedIn, test } from "./fixtures";
import type { Product } from "./product";
import { openPage } from "./queue-stories";

type Ended = { code: number | null; out: string; notes: string };

/** Runs the command line as a user does beside the product's data folder, who has said who they are nowhere. */
function agentrun(product: Product, ...words: string[]): Promise<Ended> {
  return start({ AGENTRUN_DATA_DIR: product.dataDir, XDG_CONFIG_HOME: product.dataDir }, words).end;
}

/** The same with an environment of its own, while it goes on. */
function start(told: Record<string, string>, words: string[]): { ended: Ended; end: Promise<Ended> } {
  const env = { ...process.env, NO_COLOR: "1", ...told };
  const child = spawn(process.execPath, ["scripts/agentrun.mjs", ...words], { env, stdio: ["ignore", "pipe", "pipe"] });
  const ended: Ended = { code: null, out: "", notes: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    ended.out += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    ended.notes += text;
  });
  const end = once(child, "close").then(([code]) => ({ ...ended, code: code as number | null }));
  return { ended, end };
}

test("from a terminal a session is begun, watched, gone on with and read, by the real agent", async ({ shared }) => {
  test.setTimeout(300_000);
  const { product } = shared;
  const first = await agentrun(product, "run", "write a file");
  expect(first).toMatchObject({ code: 0, out: expect.stringContaining("› write a file\n") });
  expect(first.out).toContain("✎ add hello.py");
  expect(first.out).toContain("$ cat hello.py");
  const sessionId = /session (\S+)/.exec(first.notes)?.[1] ?? "";

  const second = await agentrun(product, "run", "hello again", "--session", sessionId);
  expect([second.code, second.notes]).toEqual([0, `session ${sessionId}\n`]);
  expect(second.out).toContain("› hello again");

  // What is wanted as data is all that is printed.
  const schema = path.join(product.dataDir, "answer.json");
  const properties = { title: { type: "string" }, files: { type: "integer", minimum: 2 } };
  writeFileSync(schema, JSON.stringify({ type: "object", properties, required: Object.keys(properties) }));
  const third = await agentrun(product, "run", "sum it up", "--session", sessionId, "--schema", schema);
  expect([third.code, JSON.parse(third.out)]).toEqual([0, { title: "the demo's title", files: 2 }]);

  // Nobody is at the terminal: it says how to answer, and whoever does so ends the wait.
  const asking = agentrun(product, "run", "ask for approval", "--session", sessionId);
  let approvalId = "";
  await expect
    .poll(
      async () => {
        const { out } = await agentrun(
          product,
          "ls",
          "approvals",
          `session:${sessionId}`,
          "status:pending",
          "--ndjson",
        );
        approvalId = out === "" ? "" : (JSON.parse(out) as { id: string }).id;
        return approvalId;
      },
      { timeout: 120_000 },
    )
    .not.toBe("");
  await agentrun(product, "approvals.decide", `approvalId=${approvalId}`, "decision=accept");
  const asked = await asking;
  expect(asked.code).toBe(0);
  expect(asked.notes).toContain(`agentrun approvals.decide approvalId=${approvalId} decision=accept`);
  expect(asked.out).toContain("? it asks for an approval");

  expect((await agentrun(product, "logs", sessionId)).out).toContain("? it asks for an approval");
  expect((await agentrun(product, "status")).code).toBe(0);
});

test("on another machine somebody logs in by their browser, works, and logs out", async ({
  browser,
  shared,
  watchPage,
}) => {
  test.setTimeout(240_000);
  const { product } = shared;
  const home = mkdtempSync(path.join(tmpdir(), "agentrun-terminal-"));
  // Neither the data folder nor a token is there.
  const machine = { AGENTRUN_DATA_DIR: "", AGENTRUN_URL: "", AGENTRUN_TOKEN: "", XDG_CONFIG_HOME: home };
  const type = (...words: string[]) => start(machine, words);
  const linkIn = ({ ended }: { ended: Ended }) => /^ {2}(http\S+)$/m.exec(ended.notes)?.[1] ?? "";
  const page = await newSignedIn(browser, shared);
  watchPage(page, { expectedErrors: /status of 40[49]/ });

  await test.step("a browser that nobody is signed in to comes back to the page after its sign-in", async () => {
    const stranger = await (await browser.newContext({ baseURL: product.url })).newPage();
    await stranger.goto("/device?code=BCDF-GHJK");
    await expect(stranger).toHaveURL(`${product.url}/sign-in?next=${encodeURIComponent("/device?code=BCDF-GHJK")}`);
    await stranger.context().close();
  });

  const login = type("login", product.url);
  await expect.poll(() => linkIn(login), { timeout: 30_000 }).not.toBe("");
  await test.step("the page tells who asks and what it gets, by the terminal's link or by the code that is typed", async () => {
    const link = linkIn(login);
    const code = new URL(link).searchParams.get("code") ?? "";
    expect(login.ended.notes).toContain(`\n  ${code}\n`);
    await openPage(page, "/device");
    await expect(page.getByLabel("Code")).toBeFocused();
    await look(page, "device-code");
    await page.getByLabel("Code").fill("BBBB-BBBB");
    await page.getByRole("button", { name: "Continue" }).click();
    await expect(page.getByText("no command line waits under this code")).toBeVisible();
    await page.getByLabel("Code").fill(code.replace("-", " ").toLowerCase());
    await page.getByRole("button", { name: "Continue" }).click();
    await expect(page.getByText(code, { exact: true })).toBeVisible();
    await openPage(page, link);
    const asked = page.getByRole("main");
    await expect(asked).toContainText(
      "Only allow this if you just ran agentrun login and your terminal shows this code",
    );
    await expect(asked).toContainText("as seen by this server");
    await expect(asked).toContainText("role admin, all tenants");
    await lookInAll(page, EVERY_LOOK, "device");
  });

  await test.step("once it is allowed the terminal goes on, and commands work", async () => {
    await page.getByRole("button", { name: "Allow" }).click();
    await expect(page.getByRole("status").filter({ hasText: "Allowed." })).toBeFocused();
    await look(page, "device-allowed");
    expect(await login.end).toMatchObject({ code: 0, out: "" });
    const who = await type("whoami").end;
    expect([who.code, who.out]).toEqual([0, expect.stringMatching(/name +admin\/.*role +admin/s)]);
    expect((await type("ls", "sessions", "state:all").end).code).toBe(0);
  });

  await test.step("the console lists its token until the terminal logs out", async () => {
    const label = /\/(.+)/.exec((await type("whoami", "--json").end).out.match(/"name": "(.+)"/)?.[1] ?? "")?.[1] ?? "";
    await openPage(page, "/settings");
    const row = page.getByRole("table", { name: "Personal tokens" }).getByRole("row").filter({ hasText: label });
    await expect(row).toBeVisible();
    expect(await type("logout").end).toMatchObject({ code: 0, notes: `signed out of ${product.url}\n` });
    await page.reload();
    await expect(page.getByRole("heading", { name: "Personal tokens" })).toBeVisible();
    await expect(row).toHaveCount(0);
    expect((await type("--url", product.url, "whoami").end).notes).toContain("run agentrun login");
  });

  await test.step("what a stranger's program calls itself plays no tricks, and can be refused", async () => {
    const body = { client: "your \u202elaptop" };
    const begun = await fetch(`${product.url}/api/v1/device-sign-ins`, {
      ...{ method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) },
    });
    const { deviceCode, userCode } = (await begun.json()) as { deviceCode: string; userCode: string };
    await openPage(page, `/device?code=${userCode}`);
    await expect(page.getByRole("main")).toContainText("your \\u{202e}laptop");
    await expect(page.getByRole("main")).toContainText("Code expires");
    // It was answered on another page meanwhile: what it was answered is shown, whatever is pressed here.
    const answer = { headers: { origin: product.url }, data: { decision: "refuse" } };
    const answered = await page.request.post(`/api/v1/device-sign-ins/${userCode}/decide`, answer);
    expect(answered.status()).toBe(200);
    await page.getByRole("button", { name: "Allow" }).click();
    await expect(page.getByRole("status").filter({ hasText: "Denied." })).toBeVisible();
    await expect(page.getByRole("main")).not.toContainText("Access");
    await expect(page.getByRole("button", { name: "Allow" })).toHaveCount(0);
    expect(await page.content()).not.toContain(deviceCode);
  });
  await page.context().close();
  rmSync(home, { recursive: true });
});
