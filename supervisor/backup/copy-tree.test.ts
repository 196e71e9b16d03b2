import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { copyTree } from "./copy-tree";

const FILE_BYTES = 16 * 1024 * 1024;
const FILES = 10;

test("writes nothing after a failed copy, so that all of it can be removed", async () => {
  const parent = await mkdtemp(path.join(tmpdir(), "agentrun-copy-"));
  const [from, to] = [path.join(parent, "from"), path.join(parent, "to")];
  await mkdir(from);
  const bytes = Buffer.alloc(FILE_BYTES, "x");
  for (let index = 0; index < FILES; index += 1) await writeFile(path.join(from, String(index)), bytes);
  // The copy fails at one file while others are under way.
  const { signal } = new AbortController();
  let begun = 0;
  signal.throwIfAborted = () => {
    begun += 1;
    if (begun === 4) throw new Error("stopped at the fourth");
  };

  await expect(copyTree(from, to, signal, { isExcluded: () => false })).rejects.toThrow("stopped at the fourth");
  const sizes = await Promise.all((await readdir(to)).map(async (name) => (await stat(path.join(to, name))).size));
  expect(sizes).toEqual(Array.from({ length: sizes.length }, () => FILE_BYTES));
  expect(sizes.length).toBeLessThan(FILES);
  await rm(parent, { recursive: true });
});
