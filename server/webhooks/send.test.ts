import { lookup } from "node:dns/promises";
import type { ServerResponse } from "node:http";
import { expect, test, vi } from "vitest";
import { isPublicAddress } from "./public-address";
import { postMessage, type WebhookRequest } from "./send";
import { startNameServer } from "./test/name-server";
import { answering, startReceiver } from "./test/receiver";

const message = (url: string, more: Partial<WebhookRequest> = {}): WebhookRequest => ({
  ...{ url, headers: { "webhook-id": "whd_1" }, body: '{"type":"webhook.test"}', isPublicOnly: false },
  ...more,
});
const send = (sent: WebhookRequest, answerMs?: number) => postMessage(sent, new AbortController().signal, answerMs);

test.each([
  [204, {}, { status: 204, error: null, retryAfterMs: null }],
  [500, {}, { status: 500, error: "answered 500", retryAfterMs: null }],
  [302, { location: "http://127.0.0.1:1/" }, { status: 302, error: "answered 302: redirects are not followed" }],
  [429, { "retry-after": "120" }, { status: 429, error: "answered 429", retryAfterMs: 120_000 }],
  [503, { "retry-after": "soon" }, { status: 503, error: "answered 503", retryAfterMs: null }],
])("returns the outcome of an answer of %i", async (status, headers, told) => {
  await using receiver = await startReceiver(answering(status, headers));
  expect(await send(message(receiver.url))).toMatchObject(told);
  expect(receiver.received).toHaveLength(1);
  expect(receiver.received[0]?.headers).toMatchObject({ "content-type": "application/json", "webhook-id": "whd_1" });
});

test("returns the delay that a receiver requests with Retry-After", async () => {
  await using receiver = await startReceiver((_, response) =>
    response.writeHead(503, { "retry-after": new Date(Date.now() + 90_000).toUTCString() }).end(),
  );
  const { retryAfterMs } = await send(message(receiver.url));
  expect(retryAfterMs).toBeGreaterThan(60_000);
  expect(retryAfterMs).toBeLessThanOrEqual(90_000);
});

test("reports a silent, closing or missing receiver briefly, without its address", async () => {
  await using silent = await startReceiver(() => {});
  expect(await send(message(silent.url), 100)).toMatchObject({ status: null, error: "no answer within 0.1 s" });
  await using rude = await startReceiver((_, response) => response.destroy());
  expect(await send(message(rude.url))).toMatchObject({ status: null, error: "ECONNRESET" });
  expect(await send(message("http://127.0.0.1:1/"))).toMatchObject({ status: null, error: "ECONNREFUSED" });
});

test("an abort does not wait for an answer", async () => {
  const stop = new AbortController();
  await using silent = await startReceiver(() => stop.abort());
  expect(await postMessage(message(silent.url), stop.signal)).toMatchObject({ error: "this program was stopped" });
});

test("an endless answer is cut off", async () => {
  await using endless = await startReceiver((_, response) => void response.writeHead(200).write("x".repeat(1_000)));
  const sent = await send(message(endless.url));
  expect(sent).toMatchObject({ status: 200, error: null, text: "x".repeat(1_000) });
});

/** Answers in pieces, and then stays, ends or hangs up. */
const saying =
  (pieces: (string | Uint8Array)[], then: "stay" | "end" | "destroy" = "end", headers: Record<string, string> = {}) =>
  (_: unknown, response: ServerResponse) => {
    response.writeHead(500, headers);
    for (const piece of pieces) response.write(piece);
    // What was written is sent first.
    if (then === "destroy") setImmediate(() => response.destroy());
    else if (then === "end") response.end();
  };
const textOf = async (...said: Parameters<typeof saying>) => {
  await using receiver = await startReceiver(saying(...said));
  // Longer than a test may take: what follows the head has a time of its own.
  return await send(message(receiver.url), 600_000);
};

test("keeps the beginning of an answer's text, in whole characters", async () => {
  expect((await textOf([" not ", "found\n"])).text).toBe("not found");
  expect((await textOf([])).text).toBeNull();
  expect((await textOf(["x".repeat(5_000_000)])).text).toBe("x".repeat(1_024));
  expect((await textOf([`${"x".repeat(1_023)}😀`])).text).toBe("x".repeat(1_023));
  // The text is cut in the middle of a character where reading stops.
  expect((await textOf(["€".repeat(100_000)])).text).toBe("€".repeat(1_024));
  expect((await textOf([Buffer.from([0x61, 0, 0xff, 0xf0, 0x9f])])).text).toBe("a\ufffd\ufffd");
  expect((await textOf([Buffer.from([0x1f, 0x8b])], "end", { "content-encoding": "gzip" })).text).toBeNull();
});

test("redacts a credential in an answer, also one cut off in the middle", async () => {
  const token = `ara_${"A".repeat(43)}`;
  const { text } = await textOf([`${"x".repeat(1_000)} ${token} after`]);
  expect(text).toBe(`${"x".repeat(1_000)} [redacted] after`);
});

test("keeps an answer's status when its text breaks off", async () => {
  expect(await textOf(["half"], "destroy")).toEqual({
    ...{ status: 500, error: "answered 500", text: "half", retryAfterMs: null },
  });
  expect(await textOf(["half"], "stay")).toMatchObject({ status: 500, text: "half" });
});

test("with only public addresses allowed, refuses others by number", async () => {
  await using receiver = await startReceiver();
  const { port } = new URL(receiver.url);
  for (const host of ["127.0.0.1", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1", "127.0.0.1."]) {
    const sent = await send(message(`http://${host}:${port}/`, { isPublicOnly: true }));
    expect([host, sent.status, sent.error]).toEqual([host, null, "its address is not a public one"]);
  }
  expect(receiver.received).toEqual([]);
});

test("with only public addresses allowed, refuses names that resolve to others, without revealing names", async () => {
  await using receiver = await startReceiver();
  await using names = await startNameServer({ "inside.example": "127.0.0.1", "cloud.example": "169.254.169.254" });
  const { port } = new URL(receiver.url);
  for (const host of ["inside.example", "cloud.example", "unknown.example", "localhost"]) {
    const to = message(`http://${host}:${port}/`, { isPublicOnly: true, nameServers: [names.address] });
    expect([host, await send(to)]).toEqual([
      host,
      { status: null, error: "its name leads to no public address", text: null, retryAfterMs: null },
    ]);
  }
  expect(receiver.received).toEqual([]);
  expect(names.asked).toContain("inside.example");
});

test("a silent name server delays no other name", async () => {
  await using names = await startNameServer(null);
  const stuck = Array.from({ length: 8 }, (_, index) =>
    send(message(`http://slow-${index}.example/`, { isPublicOnly: true, nameServers: [names.address] }), 3_000),
  );
  await vi.waitFor(() => expect(names.asked.length).toBeGreaterThanOrEqual(8));
  let isStuckStill = true;
  void Promise.race(stuck).then(() => {
    isStuckStill = false;
  });
  await lookup("localhost");
  expect(isStuckStill).toBe(true);
  expect((await Promise.all(stuck)).map(({ error }) => error)).toEqual(Array(8).fill("no answer within 3 s"));
});

test("begins no message once the program stops", async () => {
  await using receiver = await startReceiver();
  expect(await postMessage(message(receiver.url), AbortSignal.abort())).toMatchObject({
    error: "this program was stopped",
  });
  expect(receiver.received).toEqual([]);
});

test.each([
  ["8.8.8.8", true],
  ["172.32.0.1", true],
  ["2606:4700::1111", true],
  ["0.0.0.0", false],
  ["10.1.2.3", false],
  ["100.64.0.1", false],
  ["127.0.0.53", false],
  ["169.254.169.254", false],
  ["172.31.255.255", false],
  ["192.168.1.1", false],
  ["224.0.0.1", false],
  ["255.255.255.255", false],
  ["::", false],
  ["::1", false],
  ["::ffff:10.0.0.1", false],
  ["::ffff:a9fe:a9fe", false],
  ["64:ff9b::a9fe:a9fe", false],
  ["2002:7f00:1::", false],
  ["fd00:ec2::254", false],
  ["168.63.129.16", false],
  ["::ffff:8.8.8.8", false],
  ["::ffff:0:7f00:1", false],
  ["2001:2::1", false],
  ["3fff::1", false],
  ["5f00::1", false],
  ["fe80::1", false],
  ["ff02::1", false],
])("%s is a public address: %s", (address, isPublic) => {
  expect(isPublicAddress(address)).toBe(isPublic);
});
