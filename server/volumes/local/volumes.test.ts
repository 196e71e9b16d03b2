import { chmod, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import type { FoundVolume, Volumes } from "@/server/volumes/volumes";
import { createLocalVolumes } from ".";

async function scratch(): Promise<AsyncDisposable & { root: string }> {
  const root = await mkdtemp(path.join(tmpdir(), "agentrun-volumes-"));
  return { root, [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }) };
}
async function readAll(volumes: Volumes): Promise<FoundVolume[]> {
  const found = [];
  for await (const page of volumes.list()) found.push(...page);
  return found;
}
const spec = (sessionId: string) => ({ sessionId, tenantId: "default", projectId: "default", sizeBytes: null });

test("a volume's name is a hash, so no session id reaches a path", () => {
  const volumes = createLocalVolumes("/nowhere");
  expect(volumes.nameFor("../../etc")).toMatch(/^agentrun-[0-9a-f]{32}$/);
  expect(volumes.nameFor("a")).not.toBe(volumes.nameFor("b"));
  expect(volumes.folderOf("../etc")).toBeNull();
  expect(volumes.folderOf(".removing-x")).toBeNull();
});

test("creating a volume twice keeps its content", async () => {
  await using place = await scratch();
  const volumes = createLocalVolumes(path.join(place.root, "volumes"));
  const { name } = await volumes.ensure(spec("ses_1"));
  const folder = path.join(place.root, "volumes", name);
  await writeFile(path.join(folder, "note"), "kept");
  expect(await volumes.ensure(spec("ses_1"))).toMatchObject({ name, namespace: "local", phase: "Bound" });
  expect(await readdir(folder)).toEqual(["note"]);
});

test("folders and AgentRun's own files do not count as content; any other file does", async () => {
  await using place = await scratch();
  const volumes = createLocalVolumes(place.root);
  const { name } = await volumes.ensure(spec("ses_1"));
  const folder = path.join(place.root, name);
  for (const dir of ["sessions/2026/11", "workspace", ".agentrun", "thread-writer-locks"]) {
    await mkdir(path.join(folder, dir), { recursive: true });
  }
  await writeFile(path.join(folder, ".agentrun/epoch.json"), "{}");
  expect(await volumes.isEmpty(name)).toBe(true);
  await symlink("/etc/hostname", path.join(folder, "workspace/link"));
  expect(await volumes.isEmpty(name)).toBe(false);
});

test("removes everything, including unreadable folders and an interrupted removal's rest", async () => {
  await using place = await scratch();
  const volumes = createLocalVolumes(place.root);
  const { name, uid } = await volumes.ensure(spec("ses_1"));
  await mkdir(path.join(place.root, name, "workspace/locked/inner"), { recursive: true });
  await chmod(path.join(place.root, name, "workspace/locked"), 0o000);
  await mkdir(path.join(place.root, `.removing-${name}-before/rest`), { recursive: true });
  await volumes.remove(name, uid);
  await volumes.remove(name, uid);
  expect(await readdir(place.root)).toEqual([]);
  expect(await volumes.find(name)).toBeNull();
});

test("neither finds nor uses a link in a volume's place", async () => {
  await using place = await scratch();
  const volumes = createLocalVolumes(place.root);
  const name = volumes.nameFor("ses_1");
  await mkdir(path.join(place.root, "elsewhere"));
  await symlink(path.join(place.root, "elsewhere"), path.join(place.root, name));
  expect(await volumes.find(name)).toBeNull();
  await expect(volumes.ensure(spec("ses_1"))).rejects.toThrow("is not a folder");
});

test("keeps a folder that was recreated under the removed one's name", async () => {
  await using place = await scratch();
  const volumes = createLocalVolumes(place.root);
  const { name, uid } = await volumes.ensure(spec("ses_1"));
  await volumes.remove(name, uid);
  await volumes.ensure(spec("ses_1"));
  expect(await volumes.remove(name, uid)).toBe("gone");
  expect(await volumes.remove(name, null)).toBe("gone");
  expect(await volumes.find(name)).not.toBeNull();
});

test("lists and inspects volumes with their owners, and nothing else in the folder", async () => {
  await using place = await scratch();
  const volumes = createLocalVolumes(place.root);
  expect(await readAll(volumes)).toEqual([]);
  const { name } = await volumes.ensure({ ...spec("ses_1"), tenantId: "acme" });
  await mkdir(path.join(place.root, "somebody-elses"));
  await symlink(place.root, path.join(place.root, volumes.nameFor("link")));
  const owner = { sessionId: "ses_1", tenantId: "acme", projectId: "default" };
  const listed = await readAll(volumes);
  expect(listed).toEqual([
    expect.objectContaining({ name, namespace: "local", phase: "Bound", requestedBytes: null, owner }),
  ]);
  expect(await volumes.inspect(name)).toEqual(listed[0]);
  expect(await volumes.inspect("nothing")).toBeNull();
});
