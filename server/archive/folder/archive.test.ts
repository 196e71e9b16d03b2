import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { createFolderArchive } from ".";

const DIGEST = "a".repeat(64);
async function scratch(): Promise<AsyncDisposable & { root: string }> {
  const root = await mkdtemp(path.join(tmpdir(), "agentrun-archive-"));
  return { root, [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }) };
}

test("a segment is kept as given, under its session alone", async () => {
  await using place = await scratch();
  const archive = createFolderArchive(place.root);
  const bytes = Buffer.from([0, 1, 255]);
  await archive.put("ses_1", DIGEST, bytes);
  expect(await archive.get("ses_1", DIGEST)).toEqual(bytes);
  expect(await archive.get("ses_2", DIGEST)).toBeNull();
});

test("what is kept is never overwritten, and no half-written file is left", async () => {
  await using place = await scratch();
  const archive = createFolderArchive(place.root);
  await Promise.all(["first", "second", "third"].map((text) => archive.put("ses_1", DIGEST, Buffer.from(text))));
  const kept = String(await archive.get("ses_1", DIGEST));
  await archive.put("ses_1", DIGEST, Buffer.from("later"));
  expect(String(await archive.get("ses_1", DIGEST))).toBe(kept);
  const [folder] = await readdir(place.root);
  expect(await readdir(path.join(place.root, folder ?? ""))).toEqual([DIGEST]);
});

test("removing what is gone is no error", async () => {
  await using place = await scratch();
  const archive = createFolderArchive(place.root);
  await archive.put("ses_1", DIGEST, Buffer.from("x"));
  await archive.remove("ses_1", DIGEST);
  await archive.remove("ses_1", DIGEST);
  await archive.removeAll("ses_1");
  await archive.removeAll("ses_1");
  expect(await readdir(place.root)).toEqual([]);
});

test("only a digest names a segment", async () => {
  const archive = createFolderArchive("/nowhere");
  await expect(archive.get("ses_1", "../../etc/passwd")).rejects.toThrow("64 hex digits");
});
