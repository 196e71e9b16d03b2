import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "./fixtures";
import type { Product } from "./product";

type Ended = { code: number | null; out: string; notes: string };

/** Runs the command line as a user does beside the product's data folder, who has said who they are nowhere. */
async function agentrun(product: Product, ...words: string[]): Promise<Ended> {
  const env = { ...process.env, AGENTRUN_DATA_DIR: product.dataDir, NO_COLOR: "1" };
  const child = spawn(process.execPath, ["scripts/agentrun.mjs", ...words], { env, stdio: ["ignore", "pipe", "pipe"] });
  const ended: Ended = { code: null, out: "", notes: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    ended.out += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    ended.notes += text;
  });
  const [code] = (await once(child, "close")) as [number | null];
  return { ...ended, code };
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
