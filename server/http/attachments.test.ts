import { afterAll, beforeAll, expect, test } from "vitest";
import { Attachment } from "@/contract/attachment";
import { IMAGE_BYTES_MAX } from "@/contract/image";
import { pngOf, SMALL_IMAGES } from "@/contract/test/images";
import { createTestDatabase, type TestDatabase } from "@/db/test/database";
import { ADMIN_TOKEN, startTestWeb, type TestWeb } from "@/server/test/web";

let database: TestDatabase;
let web: TestWeb;
beforeAll(async () => {
  database = await createTestDatabase();
  web = await startTestWeb(database);
  await web.call("POST", "/api/v1/sessions", { body: { backendProfile: "demo", sessionId: "ses_img" } });
});
afterAll(async () => {
  await web[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

const UPLOAD = "/api/v1/sessions/ses_img/attachments";
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

function upload(bytes: Uint8Array<ArrayBuffer>, { token = ADMIN_TOKEN, type = "image/png", path = UPLOAD } = {}) {
  return fetch(`${web.url}${path}`, {
    method: "POST",
    body: bytes,
    headers: { ...bearer(token), "content-type": type },
  });
}

async function refusal(answer: Response) {
  const { error } = (await answer.json()) as { error: { reason: string; message: string } };
  return { status: answer.status, reason: error.reason, message: error.message };
}

async function tokenOf(role: string, name = `image ${role}`): Promise<string> {
  const { body } = await web.call("POST", "/api/v1/tokens", { body: { name, role } });
  return (body as { token: string }).token;
}

test("uploads and downloads an image as plain bytes, or as JSON when preferred", async () => {
  const bytes = Buffer.from(pngOf(40, 30));
  const answer = await upload(bytes, {
    type: "image/svg+xml",
    path: `${UPLOAD}?name=${encodeURIComponent("wörld (1)'.png")}`,
  });
  const attachment = Attachment.parse(await answer.json());
  expect(attachment).toMatchObject({ name: "wörld (1)'.png", mediaType: "image/png", sessionId: "ses_img" });
  const content = await fetch(`${web.url}/api/v1/attachments/${attachment.id}/content`, {
    headers: bearer(ADMIN_TOKEN),
  });
  expect(Buffer.from(await content.arrayBuffer()).equals(bytes)).toBe(true);
  expect(Object.fromEntries(content.headers)).toMatchObject({
    ...{ "content-type": "image/png", "x-content-type-options": "nosniff", etag: `"${attachment.sha256}"` },
    "content-security-policy": "default-src 'none'; sandbox",
    "content-disposition": "inline; filename*=UTF-8''w%C3%B6rld%20%281%29%27.png",
    "cache-control": "private, no-cache",
  });
  const etag = `"${attachment.sha256}"`;
  for (const [tag, expected] of [
    ...([etag, `W/${etag}`, `"other", ${etag}`, `W/"a,b" ,W/${etag}`, "*"].map((tag) => [tag, 304]) as [
      string,
      number,
    ][]),
    ...(['"other"', attachment.sha256, `"${attachment.sha256}x"`, ""].map((tag) => [tag, 200]) as [string, number][]),
  ]) {
    const known = await fetch(`${web.url}/api/v1/attachments/${attachment.id}/content`, {
      headers: { ...bearer(ADMIN_TOKEN), "if-none-match": tag },
    });
    const length = (await known.arrayBuffer()).byteLength;
    expect([tag, known.status, length]).toEqual([tag, expected, expected === 304 ? 0 : bytes.byteLength]);
    expect(Object.fromEntries(known.headers)).toMatchObject({ etag, "cache-control": "private, no-cache" });
  }
  const json = await web.call("POST", UPLOAD, { body: { name: "x.webp", base64: SMALL_IMAGES["image/webp"] } });
  expect(json).toMatchObject({ status: 200, body: { name: "x.webp", mediaType: "image/webp", width: 16 } });
  // As large as an image may be, as base64 text.
  const base64 = Buffer.concat([pngOf(2, 2), Buffer.alloc(IMAGE_BYTES_MAX - 100)]).toString("base64");
  expect(await web.call("POST", UPLOAD, { body: { base64 } })).toMatchObject({ status: 200 });
});

test("refuses what is no image or too large, names the limit, and stores nothing", async () => {
  const before = (await web.call("GET", UPLOAD)).body as { items: unknown[] };
  const svg = Buffer.from("<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>");
  for (const type of ["image/svg+xml", "image/png", "application/octet-stream"])
    expect(await refusal(await upload(svg, { type }))).toMatchObject({
      ...{ status: 400, reason: "invalid-input", message: expect.stringContaining("PNG, JPEG, GIF and WebP") },
    });
  for (const type of ["text/html", "application/octet-streams", "application/jsonp"])
    expect(await refusal(await upload(Buffer.from(pngOf(2, 2)), { type }))).toMatchObject({
      ...{ status: 415, reason: "unsupported-media-type" },
      message: expect.stringMatching(/image\/png.* application\/octet-stream, or application\/json with base64/),
    });
  const large = Buffer.concat([pngOf(2, 2), Buffer.alloc(IMAGE_BYTES_MAX)]);
  expect(await refusal(await upload(large))).toMatchObject({ status: 413, reason: "body-too-large" });
  expect((await web.call("POST", UPLOAD, { body: { base64: "???" } })).status).toBe(400);
  const png = Buffer.from(pngOf(2, 2));
  for (const [path, status] of [
    ["/api/v1/sessions/ses_none/attachments", 404],
    [`${UPLOAD}?name=a%0Ab`, 400],
    [`${UPLOAD}?surprise=1`, 400],
    [`${UPLOAD}?name=${"x".repeat(201)}`, 400],
    ["/api/v1/sessions/%E0%A4%A/attachments", 400],
  ] as const)
    expect([path, (await refusal(await upload(png, { path }))).status]).toEqual([path, status]);
  expect((await web.call("GET", UPLOAD)).body).toEqual(before);
  expect((await web.call("GET", "/api/v1/attachments/img_none/content")).status).toBe(404);
  expect((await web.call("PUT", "/api/v1/attachments/img_none/content")).status).toBe(404);
});

test("downloads an image under a name with its type's extension and without hidden characters", async () => {
  const saved: string[] = [];
  let shade = 0;
  for (const [name, type] of [
    ["evil.hta", "image/gif"],
    ["a\u202egpj.exe", "image/gif"],
    ["b.PNG", "image/png"],
    ["c.jpeg", "image/jpeg"],
    ["d.png", "image/webp"],
  ] as const) {
    const sample = type === "image/png" ? Buffer.from(pngOf(2, 3)) : Buffer.from(SMALL_IMAGES[type], "base64");
    // With bytes of its own, the image gets an id of its own.
    const bytes = Buffer.concat([sample, Buffer.from([++shade])]);
    const { id } = Attachment.parse(
      await (await upload(bytes, { type, path: `${UPLOAD}?name=${encodeURIComponent(name)}` })).json(),
    );
    const { headers } = await fetch(`${web.url}/api/v1/attachments/${id}/content`, { headers: bearer(ADMIN_TOKEN) });
    saved.push(decodeURIComponent(headers.get("content-disposition")?.split("''")[1] ?? ""));
  }
  expect(saved).toEqual(["evil.hta.gif", "agpj.exe.gif", "b.PNG", "c.jpeg", "d.png.webp"]);
});

test("bounds the total size of a tenant's concurrent uploads until they are stored", async () => {
  const { heldUploads } = web.wiring;
  const others = heldUploads.begin("");
  expect(others.take(64 * 1024 * 1024 - 200)).toBe(true);
  const small = Buffer.from(pngOf(2, 4));
  const large = Buffer.concat([small, Buffer.alloc(300)]);
  const answer = await upload(large);
  expect(answer.headers.get("retry-after")).toBe("1");
  expect(await refusal(answer)).toMatchObject({ status: 429, message: expect.stringContaining("let one of them end") });
  for (let count = 0; count < 4; count += 1) expect((await upload(small)).status).toBe(200);
  others.end();
  expect((await upload(large)).status).toBe(200);
  const free = heldUploads.begin("");
  expect(free.take(64 * 1024 * 1024)).toBe(true);
  free.end();
});

test("a viewer may download but not upload images; an unauthenticated caller may do neither", async () => {
  const { id } = Attachment.parse(await (await upload(Buffer.from(pngOf(6, 6)))).json());
  const viewer = await tokenOf("viewer");
  expect((await refusal(await upload(Buffer.from(pngOf(7, 7)), { token: viewer }))).status).toBe(403);
  const see = (headers: Record<string, string>) =>
    fetch(`${web.url}/api/v1/attachments/${id}/content`, { headers }).then(({ status }) => status);
  expect([await see(bearer(viewer)), await see({}), await see(bearer("wrong"))]).toEqual([200, 401, 401]);
});

test("refuses a message with malformed attachments, naming the field", async () => {
  const run = (
    await web.call("POST", "/api/v1/runs", { body: { backendProfile: "demo", sessionRef: { sessionId: "ses_img" } } })
  ).body as { id: string };
  const { id } = Attachment.parse(await (await upload(Buffer.from(pngOf(8, 8)))).json());
  const send = (attachments: unknown, type = "turn") =>
    web.call("POST", `/api/v1/runs/${run.id}/commands`, {
      body: { type, payload: { text: "x", attachments } },
    });
  for (const odd of [
    id,
    {},
    null,
    [7],
    ["https://example.com/a.png"],
    [id, id],
    Array.from({ length: 11 }, () => id),
  ]) {
    expect((await send(odd, "steer")).status).toBe(400);
    const { status, body } = await send(odd);
    expect([odd, status, (body as { error: { message: string } }).error.message]).toEqual([
      odd,
      400,
      expect.stringContaining("payload.attachments"),
    ]);
  }
  expect(await send([id])).toMatchObject({ status: 200, body: { payload: { attachments: [id] } } });
  expect(await send([])).toMatchObject({ status: 200 });
});

test("an image for tasks is uploaded to a project, as plain bytes or as JSON, by who may add tasks", async () => {
  const path = "/api/v1/queue/attachments";
  const bytes = Buffer.from(pngOf(11, 7));
  const viewer = await tokenOf("viewer", "of tasks");
  expect((await refusal(await upload(bytes, { path, token: viewer }))).status).toBe(403);
  expect((await refusal(await upload(bytes, { path: `${path}?sessionId=ses_img` }))).status).toBe(400);
  const first = Attachment.parse(await (await upload(bytes, { path: `${path}?projectId=shop&name=bug.png` })).json());
  expect(first).toMatchObject({ name: "bug.png", projectId: "shop", sessionId: null, width: 11 });
  const json = await web.call("POST", path, { body: { projectId: "shop", base64: bytes.toString("base64") } });
  expect(json).toMatchObject({ status: 200, body: { id: first.id, name: "bug.png" } });
  const add = (attachments: unknown, projectId = "shop") =>
    web.call("POST", "/api/v1/queue/tasks", {
      body: { title: "Mend", backendProfile: "demo", projectId, payload: { attachments } },
    });
  for (const odd of [[first.id, first.id], [first.id, 7], Array.from({ length: 11 }, () => first.id)])
    expect(await add(odd)).toMatchObject({
      status: 400,
      body: { error: { message: expect.stringContaining("payload.attachments") } },
    });
  expect((await add([first.id], "default")).status).toBe(404);
  // What is no id of an image is a program's own data, as before.
  expect(await add(["report.pdf"])).toMatchObject({ status: 200 });
  const added = (await add([first.id])).body as { id: string };
  const detail = await web.call("GET", `/api/v1/queue/tasks/${added.id}`);
  expect(detail.body).toMatchObject({ attachments: [{ id: first.id, name: "bug.png", width: 11, height: 7 }] });
  const seen = await fetch(`${web.url}/api/v1/attachments/${first.id}/content`, { headers: bearer(viewer) });
  expect(Buffer.from(await seen.arrayBuffer()).equals(bytes)).toBe(true);
});
