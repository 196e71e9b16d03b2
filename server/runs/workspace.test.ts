import { mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { testContext } from "@/server/test/context";
import { checkWorkspace } from "./workspace";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "agentrun-roots-"));
  await mkdir(path.join(folder, "allowed", "project"), { recursive: true });
  await mkdir(path.join(folder, "elsewhere"));
  await symlink(path.join(folder, "elsewhere"), path.join(folder, "allowed", "link"));
  await symlink(path.join(folder, "allowed"), path.join(folder, "linked-root"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test.each([
  ["allowed", true],
  ["allowed/project", true],
  ["linked-root/project", true],
  ["allowed/not-there", true],
  ["allowed/link", false],
  ["allowed/../elsewhere", false],
  ["allowed-too", false],
])("judges a directory by its real path: %s", async (name, isTaken) => {
  const settings = { executor: "local" as const, workspaceRoots: [path.join(folder, "linked-root")] };
  await using ctx = testContext({ url: "postgres://127.0.0.1/unused" }, { settings });
  const checked = checkWorkspace(ctx, { kind: "directory", path: `${folder}/${name}` });
  if (isTaken) await expect(checked).resolves.toBeUndefined();
  else await expect(checked).rejects.toMatchObject({ reason: "invalid-input" });
});
