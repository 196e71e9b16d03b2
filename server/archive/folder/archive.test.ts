import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { testArchive } from "@/server/archive/test/keeps-segments";
import { createFolderArchive } from ".";

const DIGEST = "a".repeat(64);

async function scratch() {
  const root = await mkdtemp(path.join(tmpdir(), "agentrun-archive-"));
  return {
    root,
    archive: createFolderArchive(root),
    [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }),
  };
}

testArchive(scratch);

test("leaves no partial file and no empty folder", async () => {
  await using place = await scratch();
  const { archive } = place;
  await Promise.all(["first", "second", "third"].map((text) => archive.put("ses_1", DIGEST, Buffer.from(text))));
  const [folder] = await readdir(place.root);
  expect(await readdir(path.join(place.root, folder ?? ""))).toEqual([DIGEST]);
  await archive.removeAll("ses_1");
  expect(await readdir(place.root)).toEqual([]);
});
