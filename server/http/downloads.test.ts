import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { get } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { FILE_TEXT_BYTES_MAX, type FilePage, type FileText } from "@/contract/files";
import { pngOf } from "@/contract/test/images";
import { archiveManifests } from "@/db/schema";
import { createTestDatabase, type TestDatabase } from "@/db/test/database";
import type { ServiceContext } from "@/server/context";
import {
  archive,
  claimSession,
  endRun,
  folderOf,
  type HeldRun,
  makeStoredSession,
  runTurn,
} from "@/server/storage/test/volume";
import { ADMIN } from "@/server/test/context";
import { ADMIN_TOKEN, startTestWeb, type TestWeb } from "@/server/test/web";

const run = promisify(execFile);
/** Of several segments, and more than a socket takes unread, compressed or not. */
const BINARY = randomBytes(20 * 1024 * 1024);
const PNG = Buffer.from(pngOf(4, 3));

let database: TestDatabase;
let web: TestWeb;
let ctx: ServiceContext;
let held: HeldRun;
let sessionId: string;
let workspace: string;

beforeAll(async () => {
  database = await createTestDatabase();
  web = await startTestWeb(database);
  ctx = web.as(ADMIN);
  sessionId = await makeStoredSession(ctx);
  held = await claimSession(ctx, sessionId);
  workspace = path.join(folderOf(ctx, sessionId), "workspace");
  await runTurn(ctx, held, { sessionId, note: "first" });
  await writeTree(workspace);
  await archive(ctx, held, sessionId);
});
afterAll(async () => {
  await web[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

async function writeTree(root: string): Promise<void> {
  const files: [string, string | Uint8Array][] = [
    ["src/main.ts", "export {};\n"],
    ["src/deep/er/x.txt", "x"],
    ["📁 odd\nname/é.txt", "é"],
    ["big.bin", BINARY],
    ["empty", ""],
    ["latin1.txt", Buffer.from([0xe9, 0x0a])],
    ["long.txt", `${"a".repeat(FILE_TEXT_BYTES_MAX - 1)}é and more`],
    ["picture.txt", PNG],
    ["run.sh", "#!/bin/sh\n"],
  ];
  for (const [name, content] of files) {
    await mkdir(path.dirname(path.join(root, name)), { recursive: true });
    await writeFile(path.join(root, name), content);
  }
  await chmod(path.join(root, "run.sh"), 0o755);
  await mkdir(path.join(root, "nothing"));
  await symlink("../../../etc/passwd", path.join(root, "outside"));
}

const base = () => `/api/v1/sessions/${sessionId}/files`;
async function list(query = ""): Promise<FilePage> {
  const { status, body } = await web.call("GET", `${base()}${query}`);
  expect(status).toBe(200);
  return body as FilePage;
}
const read = (file: string) => web.call("GET", `${base()}/text?path=${encodeURIComponent(file)}`);
const download = (target: string, headers: Record<string, string> = {}) =>
  fetch(`${web.url}${base()}${target}`, { headers: { authorization: `Bearer ${ADMIN_TOKEN}`, ...headers } });

test("lists a folder of the workspace, folders first, with sums of what is below", async () => {
  const { archive, items, cursor } = await list();
  expect(archive).toMatchObject({ runId: held.runId, isCurrent: true, omitted: [], omittedCount: 0 });
  expect(cursor).toBeNull();
  expect(items.map(({ name, kind }) => `${kind} ${name}`)).toEqual([
    ...["folder nothing", "folder src", "folder 📁 odd\nname", "file big.bin", "file empty", "file latin1.txt"],
    ...["file long.txt", "file note.txt", "link outside", "file picture.txt", "file run.sh"],
  ]);
  expect(items[1]).toEqual({
    ...{ name: "src", path: "src", kind: "folder", sizeBytes: 12, filesCount: 2, isExecutable: false, target: null },
  });
  expect(items.find(({ name }) => name === "outside")).toMatchObject({ target: "../../../etc/passwd", sizeBytes: 0 });
  expect(items.filter(({ isExecutable }) => isExecutable).map(({ name }) => name)).toEqual(["run.sh"]);
  const odd = await list(`?path=${encodeURIComponent("📁 odd\nname/")}`);
  expect(odd.items).toMatchObject([{ name: "é.txt", path: "📁 odd\nname/é.txt", sizeBytes: 2 }]);
  expect((await list("?path=nothing")).items).toEqual([]);
});

test("pages through a folder without losing or repeating an entry", async () => {
  const names: string[] = [];
  let cursor: string | null = null;
  do {
    const page: FilePage = await list(`?limit=2${cursor === null ? "" : `&cursor=${cursor}`}`);
    expect(page.items.length).toBeLessThanOrEqual(2);
    names.push(...page.items.map(({ name }) => name));
    cursor = page.cursor;
  } while (cursor !== null);
  expect(names).toEqual((await list()).items.map(({ name }) => name));
  const first = await list("?limit=1");
  const elsewhere = await web.call("GET", `${base()}?path=src&cursor=${first.cursor}`);
  expect(elsewhere).toMatchObject({ status: 400, body: { error: { reason: "invalid-cursor" } } });
});

test("reads text, tells binary files apart, and cuts between characters", async () => {
  expect((await read("src/main.ts")).body).toMatchObject({ text: "export {};\n", isCut: false, sizeBytes: 11 });
  expect((await read("empty")).body).toMatchObject({ text: "", isCut: false });
  expect((await read("big.bin")).body).toMatchObject({ text: null, sizeBytes: BINARY.length });
  expect((await read("latin1.txt")).body).toMatchObject({ text: null, isCut: false });
  const { text, isCut } = (await read("long.txt")).body as FileText;
  expect([text?.length, isCut]).toEqual([FILE_TEXT_BYTES_MAX - 1, true]);
});

test("sends a file's bytes with a tag by which they are fetched once", async () => {
  const answer = await download("/content?path=big.bin");
  expect(Buffer.from(await answer.arrayBuffer()).equals(BINARY)).toBe(true);
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    ...{ "content-type": "application/octet-stream", "content-length": String(BINARY.length) },
    ...{ "content-disposition": "attachment; filename*=UTF-8''big.bin", "x-content-type-options": "nosniff" },
    "content-security-policy": "default-src 'none'; sandbox",
  });
  const again = await download("/content?path=big.bin", { "if-none-match": answer.headers.get("etag") ?? "" });
  expect([again.status, (await again.arrayBuffer()).byteLength]).toEqual([304, 0]);
  const picture = await download("/content?path=picture.txt");
  expect(picture.headers.get("content-type")).toBe("image/png");
  expect(Buffer.from(await picture.arrayBuffer()).equals(PNG)).toBe(true);
  expect((await (await download("/content?path=empty")).arrayBuffer()).byteLength).toBe(0);
});

test("packs the workspace or a folder of it into a tar that unpacks to the same", async () => {
  const dir = await mkdtemp(path.join(tmpdir(), "agentrun-tar-"));
  try {
    const whole = await download("/tar");
    expect(whole.headers.get("content-disposition")).toBe(`attachment; filename*=UTF-8''${sessionId}.tar.gz`);
    await writeFile(path.join(dir, "all.tar.gz"), Buffer.from(await whole.arrayBuffer()));
    await run("tar", ["xzf", "all.tar.gz"], { cwd: dir });
    await run("diff", ["-r", "--no-dereference", workspace, path.join(dir, sessionId)]);
    const { stdout } = await run("find", [path.join(dir, sessionId), "-perm", "-100", "-type", "f"]);
    expect(stdout.trim()).toBe(path.join(dir, sessionId, "run.sh"));
    const part = await download("/tar?path=src");
    await writeFile(path.join(dir, "src.tar.gz"), Buffer.from(await part.arrayBuffer()));
    await run("tar", ["xzf", "src.tar.gz"], { cwd: dir });
    expect(await readFile(path.join(dir, "src/deep/er/x.txt"), "utf8")).toBe("x");
    const none = gunzipSync(Buffer.from(await (await download("/tar?path=nothing")).arrayBuffer()));
    expect(none.subarray(0, 8).toString()).toBe("nothing/");
  } finally {
    await rm(dir, { recursive: true });
  }
});

test("refuses what is not there, not of that kind, or outside the workspace", async () => {
  const refusals: [string, number, string][] = [
    ["?path=absent", 404, "not-found"],
    ["?path=note.txt", 400, "invalid-input"],
    ["/text?path=src", 400, "invalid-input"],
    ["/text?path=outside", 400, "invalid-input"],
    ["/text?path=", 400, "invalid-input"],
    ["/text", 400, "invalid-input"],
    ["/content?path=../sessions/x", 400, "invalid-input"],
    ["/content?path=/etc/passwd", 400, "invalid-input"],
    ["/content?path=src//main.ts", 400, "invalid-input"],
    ["/content?path=a%00b", 400, "invalid-input"],
    ["/content?path=absent", 404, "not-found"],
    ["/tar?path=absent", 404, "not-found"],
    ["/tar?path=note.txt", 400, "invalid-input"],
    ["/tar?other=1", 400, "invalid-input"],
  ];
  for (const [target, status, reason] of refusals) {
    const answer = await web.call("GET", `${base()}${target}`);
    const { error } = answer.body as { error?: { reason: string } };
    expect([target, answer.status, error?.reason]).toEqual([target, status, reason]);
  }
  expect((await web.call("POST", `${base()}/tar`, { body: {} })).status).toBe(405);
});

test("lets viewers read, and finds nothing for another tenant or without a token", async () => {
  const tokenFor = async (body: object) =>
    ((await web.call("POST", "/api/v1/tokens", { body })).body as { token: string }).token;
  const viewer = await tokenFor({ name: "files viewer", role: "viewer" });
  const scoped = await tokenFor({ name: "files scoped", role: "operator", scopes: ["runs"] });
  const other = await tokenFor({ name: "files other", role: "operator", tenantId: "other" });
  for (const target of ["", "/text?path=note.txt", "/content?path=note.txt", "/tar"]) {
    const status = async (token: string | null) => (await web.call("GET", `${base()}${target}`, { token })).status;
    expect([target, await status(viewer)]).toEqual([target, 200]);
    expect([target, await status(scoped)]).toEqual([target, 403]);
    expect([target, await status(other)]).toEqual([target, 404]);
    expect([target, await status(null)]).toEqual([target, 401]);
  }
});

test("shows the last archived turn while a later one runs", async () => {
  await runTurn(ctx, held, { sessionId, note: "second" });
  expect((await list()).archive?.isCurrent).toBe(false);
  expect((await read("note.txt")).body).toMatchObject({ text: "first" });
  const { cursor } = await list("?limit=1");
  await archive(ctx, held, sessionId);
  expect((await list()).archive?.isCurrent).toBe(true);
  expect((await read("note.txt")).body).toMatchObject({ text: "second" });
  // A list that began in the archive before begins anew.
  expect((await web.call("GET", `${base()}?limit=1&cursor=${cursor}`)).status).toBe(400);
});

test("has no files before the first archive", async () => {
  const fresh = await makeStoredSession(ctx);
  const page = await web.call("GET", `/api/v1/sessions/${fresh}/files`);
  expect(page).toMatchObject({ status: 200, body: { archive: null, items: [], cursor: null } });
  expect((await web.call("GET", `/api/v1/sessions/${fresh}/files/tar`)).status).toBe(404);
  expect((await web.call("GET", `/api/v1/sessions/${fresh}/files/text?path=x`)).status).toBe(404);
});

test("gives a place back when its caller leaves, and refuses callers beyond the limit", async () => {
  const leavers = Array.from({ length: 16 }, () => openDownload(`${web.url}${base()}/tar`));
  // Nobody reads: four downloads wait for their callers, and twelve for them.
  await expect.poll(() => leavers.filter(({ hasBegun }) => hasBegun()).length).toBe(4);
  await expect
    .poll(async () => {
      const answer = await download("/tar");
      await answer.body?.cancel();
      return answer.status;
    })
    .toBe(503);
  for (const leaver of leavers) leaver.leave();
  await expect.poll(async () => (await download("/content?path=note.txt")).status).toBe(200);
});

/** Begins a download and reads nothing of it. */
function openDownload(url: string): { hasBegun: () => boolean; leave: () => void } {
  let hasBegun = false;
  const request = get(url, { headers: { authorization: `Bearer ${ADMIN_TOKEN}` }, agent: false }, (response) => {
    hasBegun = true;
    response.pause();
  });
  request.on("error", () => undefined);
  return { hasBegun: () => hasBegun, leave: () => request.destroy() };
}

test("breaks a download off where the archive turns out to be damaged", async () => {
  const [{ manifest } = { manifest: {} }] = await ctx.db.select().from(archiveManifests);
  const { segments } = manifest as { segments: Record<string, number> };
  const [largest = ""] = Object.keys(segments).sort((left, right) => (segments[right] ?? 0) - (segments[left] ?? 0));
  await ctx.archive.remove(sessionId, largest);
  const answer = await download("/content?path=big.bin");
  if (answer.status === 200) await expect(answer.arrayBuffer()).rejects.toThrow();
  else expect(answer.status).toBe(404);
  const tar = await download("/tar");
  await expect(tar.arrayBuffer()).rejects.toThrow();
  await endRun(held);
});
