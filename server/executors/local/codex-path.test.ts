import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findCodex } from "./codex-path";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "agentrun-codex-"));
  await mkdir(path.join(folder, "native"));
  await mkdir(path.join(folder, "wrapped"));
  await writeFile(path.join(folder, "native", "codex"), "#!/bin/sh\n");
  await chmod(path.join(folder, "native", "codex"), 0o755);
  const wrapper = path.resolve("node_modules", "@openai", "codex", "bin", "codex.js");
  await symlink(wrapper, path.join(folder, "wrapped", "codex"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("a configured path takes precedence over PATH", () => {
  const native = path.join(folder, "native");
  expect(findCodex({ configured: "/opt/codex", path: native })).toBe("/opt/codex");
  expect(findCodex({ configured: undefined, path: native })).toBe(path.join(native, "codex"));
});

test.each(["wrapped", "nowhere"])("resolves npm's wrapper to the program itself (PATH: %s)", (name) => {
  const found = findCodex({ configured: undefined, path: path.join(folder, name) });
  expect(found).toMatch(/codex-\w+-\w+\/vendor\/.+\/codex$/);
});
