import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { BackendsFile } from "@/contract/backend";
import { readKey } from "./key";
import { readBackendsFile } from "./read-file";

const DOCS = path.resolve("docs");
const documents = readdirSync(DOCS).filter((name) => name.endsWith(".md"));

/** Returns the code blocks of one language in a document. */
function blocksOf(document: string, language: string): string[] {
  const text = readFileSync(path.join(DOCS, document), "utf8");
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, "gm"))].map(
    ([, block = ""]) => block,
  );
}

test("every profile file shown in a document is valid", () => {
  const shown = documents.flatMap((document) => [
    ...blocksOf(document, "json").filter((block) => block.includes('"baseUrl"')),
    ...blocksOf(document, "sh").flatMap((block) => /<<'JSON'\n([\s\S]*?)^JSON$/m.exec(block)?.[1] ?? []),
  ]);
  expect(shown.length).toBeGreaterThanOrEqual(6);
  for (const json of shown) expect([json, BackendsFile.safeParse(JSON.parse(json)).error]).toEqual([json, undefined]);
});

test("documented backend files and keys exist after a first start", async () => {
  const blocks = blocksOf("BACKENDS.md", "sh");
  const profiles: string[] = [];
  for (const block of blocks) {
    const home = mkdtempSync(path.join(tmpdir(), "agentrun-copied-"));
    onTestFinished(() => rmSync(home, { recursive: true }));
    // Stands in for the product: prints what it was started with.
    const npm = path.join(home, "npm");
    writeFileSync(npm, `#!${process.execPath}\nconsole.log(JSON.stringify([process.argv.slice(2), process.env]))\n`);
    chmodSync(npm, 0o755);
    const env = { NODE_ENV: "test" as const, HOME: home, PATH: `${home}:${process.env.PATH}` };
    const { stdout, stderr, status } = spawnSync("sh", ["-eu", "-c", block], { env, encoding: "utf8" });
    expect([stderr, status]).toEqual(["", 0]);
    const [args, variables] = JSON.parse(stdout) as [string[], Record<string, string>];
    expect(args).toEqual(["start"]);
    const read = readBackendsFile(variables.AGENTRUN_BACKENDS);
    for (const [profile, config] of Object.entries(read)) {
      const key = await readKey(config, (name) => variables[name] ?? null);
      expect([profile, key !== null]).toEqual([profile, config.keyEnv !== undefined || config.keyFile !== undefined]);
    }
    profiles.push(Object.keys(read).sort().join());
  }
  expect(profiles).toEqual(["codex", "deepseek", "minimax-m3", "my-qwen", "codex,deepseek,minimax-m3,my-qwen"]);
});
