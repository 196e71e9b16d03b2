import { once } from "node:events";
import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import {
  checkWriter,
  emptyCache,
  ensureVolume,
  type Manifest,
  packVolume,
  repairRollouts,
  restoreVolume,
  takeVolume,
  VolumeTakenError,
  volumeLayout,
} from "./index";

const WRITER = { runId: "run_1", leaseEpoch: 1, attemptId: "att_1" };

async function makeVolume() {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), "agentrun-volume-"));
  const layout = volumeLayout(path.join(root, "volume"), "sessions");
  await ensureVolume(layout);
  return { root, layout, [Symbol.dispose]: () => fs.rmSync(root, { recursive: true, force: true }) };
}

async function pack(layout: ReturnType<typeof volumeLayout>, cache = emptyCache()) {
  const segments = new Map<string, Buffer>();
  const packed = await packVolume(layout, cache, async ({ digest, bytes }) => void segments.set(digest, bytes));
  const head = {
    format: 1 as const,
    sessionId: "s",
    threadId: null,
    turnId: null,
    createdAt: "2026-01-01T00:00:00.000Z",
    rolloutSubdir: "sessions",
    ...WRITER,
  };
  return { manifest: { ...head, ...packed } satisfies Manifest, segments };
}

/** Does the work as an ordinary user, because root may read everything. */
async function asOrdinaryUser<T>(root: string, work: () => Promise<T>): Promise<T> {
  if (process.geteuid?.() !== 0) return work();
  const nobody = 65_534;
  for (const name of ["", ...fs.readdirSync(root, { recursive: true, encoding: "utf8" })])
    fs.lchownSync(path.join(root, name), nobody, nobody);
  process.seteuid?.(nobody);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
  }
}

test("a restored volume has the same files, modes, links and folders", async () => {
  using volume = await makeVolume();
  const { layout, root } = volume;
  fs.mkdirSync(path.join(layout.rolloutsDir, "2026/01/02"), { recursive: true });
  fs.writeFileSync(path.join(layout.rolloutsDir, "2026/01/02/rollout-a.jsonl"), '{"a":1}\n{"b":2}\n');
  fs.writeFileSync(path.join(layout.workspaceDir, "run.sh"), "#!/bin/sh\n", { mode: 0o755 });
  fs.writeFileSync(path.join(layout.workspaceDir, 'odd "name"\nü \u2028.txt'), "odd");
  fs.writeFileSync(path.join(layout.workspaceDir, "empty"), "");
  fs.writeFileSync(path.join(layout.workspaceDir, "big.bin"), Buffer.alloc(9 * 1024 * 1024, 7));
  fs.mkdirSync(path.join(layout.workspaceDir, "empty-folder"), { mode: 0o750 });
  fs.symlinkSync("run.sh", path.join(layout.workspaceDir, "inside"));
  fs.symlinkSync("/etc/passwd", path.join(layout.workspaceDir, "outside"));
  const { manifest, segments } = await pack(layout);

  const dir = path.join(root, "restored");
  await restoreVolume({
    dir,
    manifest,
    fetchSegment: async (digest) => segments.get(digest) ?? Buffer.alloc(0),
    writer: WRITER,
    manifestId: "man_1",
  });

  const restored = volumeLayout(dir, "sessions");
  expect((await pack(restored)).manifest.sha256).toBe(manifest.sha256);
  expect(fs.readlinkSync(path.join(restored.workspaceDir, "outside"))).toBe("/etc/passwd");
  expect(fs.statSync(path.join(restored.workspaceDir, "run.sh")).mode & 0o777).toBe(0o755);
  expect(fs.statSync(path.join(restored.workspaceDir, "empty-folder")).mode & 0o777).toBe(0o750);
  await checkWriter(restored, WRITER);
});

test("reads and sends only changed files, and only the tail of a growing rollout", async () => {
  using volume = await makeVolume();
  const { layout } = volume;
  const line = `{"text":"${"x".repeat(1_000_000)}"}\n`;
  const rollout = path.join(layout.rolloutsDir, "rollout-a.jsonl");
  fs.writeFileSync(rollout, line.repeat(10));
  fs.writeFileSync(path.join(layout.workspaceDir, "a"), "a");
  const cache = emptyCache();
  const first = await pack(layout, cache);
  expect(first.segments.size).toBe(3);

  fs.appendFileSync(rollout, '{"more":1}\n{"torn":');
  const second = await pack(layout, cache);

  expect(second.segments.size).toBe(1);
  const entry = second.manifest.entries.find((candidate) => candidate.path === "sessions/rollout-a.jsonl");
  expect(entry).toMatchObject({ sizeBytes: line.length * 10 + 11 });
});

test("leaves out special files with a reason, and never follows a link out of the volume", async () => {
  using volume = await makeVolume();
  const { layout, root } = volume;
  fs.writeFileSync(path.join(root, "secret"), "secret");
  fs.mkdirSync(path.join(root, "elsewhere"));
  fs.writeFileSync(path.join(root, "elsewhere", "private"), "private");
  fs.symlinkSync(path.join(root, "elsewhere"), path.join(layout.workspaceDir, "folder"));
  fs.symlinkSync(path.join(root, "secret"), path.join(layout.workspaceDir, "link"));
  const socket = net.createServer().listen(path.join(layout.workspaceDir, "socket"));
  await once(socket, "listening");
  const { manifest } = await pack(layout);

  socket.close();
  expect(manifest.omitted).toEqual([{ path: "workspace/socket", reason: "special-file" }]);
  expect(manifest.filesCount).toBe(0);
  expect(manifest.entries.map(({ kind }) => kind)).toEqual(["link", "link"]);
});

test("reports an unreadable folder or file, and does not archive it as empty", async () => {
  using volume = await makeVolume();
  const { layout, root } = volume;
  const folder = path.join(layout.workspaceDir, "folder");
  fs.mkdirSync(folder);
  fs.writeFileSync(path.join(folder, "precious.txt"), "x");
  fs.writeFileSync(path.join(layout.workspaceDir, "file"), "x");
  // An agent's umask or chmod may leave these modes; writing into the folder works for the agent itself.
  fs.chmodSync(folder, 0o300);
  fs.chmodSync(path.join(layout.workspaceDir, "file"), 0o200);
  const { manifest } = await asOrdinaryUser(root, () => pack(layout));

  expect(manifest.omitted).toEqual([
    { path: "workspace/folder", reason: "unreadable" },
    { path: "workspace/file", reason: "unreadable" },
  ]);
  fs.rmSync(layout.workspaceDir, { recursive: true });
  expect((await pack(layout)).manifest.omitted).toEqual([]);
  fs.rmdirSync(layout.rolloutsDir);
  expect((await pack(layout)).manifest.omitted).toEqual([{ path: ".", reason: "unreadable" }]);
});

test("refuses a damaged segment, a path that leads out, and a volume in use", async () => {
  using volume = await makeVolume();
  const { layout, root } = volume;
  fs.writeFileSync(path.join(layout.workspaceDir, "a"), "a");
  const { manifest, segments } = await pack(layout);
  const fetchSegment = async (digest: string) => segments.get(digest) ?? Buffer.alloc(0);

  await expect(
    restoreVolume({
      dir: path.join(root, "b"),
      manifest,
      fetchSegment: async () => Buffer.from("no"),
      writer: WRITER,
      manifestId: "man_1",
    }),
  ).rejects.toThrow("digest");
  const evil = { ...manifest, entries: [{ kind: "link" as const, path: "workspace/../../x", target: "y" }] };
  await expect(
    restoreVolume({ dir: path.join(root, "c"), manifest: evil, fetchSegment, writer: WRITER, manifestId: "man_1" }),
  ).rejects.toThrow("inside the volume");
  await expect(
    restoreVolume({ dir: layout.dir, manifest, fetchSegment, writer: WRITER, manifestId: "man_1" }),
  ).rejects.toThrow("not empty");
  // A restore that the damaged segment interrupted can be started again.
  await restoreVolume({ dir: path.join(root, "b"), manifest, fetchSegment, writer: WRITER, manifestId: "man_1" });
  expect(fs.readFileSync(path.join(root, "b/workspace/a"), "utf8")).toBe("a");
});

test("truncates a torn last line, and keeps a whole rollout", async () => {
  using volume = await makeVolume();
  const { layout } = volume;
  const whole = '{"a":1}\n{"b":"\u2028"}\n';
  const file = (name: string) => path.join(layout.rolloutsDir, `${name}.jsonl`);
  fs.writeFileSync(file("whole"), whole);
  fs.writeFileSync(file("torn"), `${whole}{"c":`);
  fs.writeFileSync(file("zeros"), `${whole}${"\0".repeat(100)}\n`);
  fs.writeFileSync(file("empty"), "");

  expect(await repairRollouts(layout.rolloutsDir)).toEqual([
    { file: "torn.jsonl", cutBytes: 5 },
    { file: "zeros.jsonl", cutBytes: 101 },
  ]);
  for (const name of ["whole", "torn", "zeros"]) expect(fs.readFileSync(file(name), "utf8")).toBe(whole);
});

test("an attempt of an earlier epoch can neither take nor use the volume", async () => {
  using volume = await makeVolume();
  const { layout } = volume;
  await takeVolume(layout, { ...WRITER, leaseEpoch: 2 });
  await expect(takeVolume(layout, WRITER)).rejects.toBeInstanceOf(VolumeTakenError);
  await expect(checkWriter(layout, WRITER)).rejects.toBeInstanceOf(VolumeTakenError);
  await takeVolume(layout, { runId: "run_2", leaseEpoch: 1, attemptId: "att_2" });
  await expect(checkWriter(layout, { ...WRITER, leaseEpoch: 2 })).rejects.toBeInstanceOf(VolumeTakenError);
});

test("refuses a volume's folder that became a link", async () => {
  using volume = await makeVolume();
  const { layout, root } = volume;
  fs.rmSync(layout.rolloutsDir, { recursive: true });
  fs.symlinkSync(root, layout.rolloutsDir);
  await expect(ensureVolume(layout)).rejects.toThrow("not a folder");
});
