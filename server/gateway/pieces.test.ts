import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { PassThrough, Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { piecesOf, SilentError } from "./pieces";
import { post } from "./post";

const PATIENT_MS = 60_000;

async function next(pieces: AsyncGenerator<Uint8Array>): Promise<string | undefined> {
  const { done, value } = await pieces.next();
  return done ? undefined : Buffer.from(value).toString();
}

test("passes the first piece on at once, and joins those that follow soon after it", async () => {
  const body = new PassThrough();
  const pieces = piecesOf(body, PATIENT_MS);

  body.write("one ");
  expect(await next(pieces)).toBe("one ");
  body.write("two ");
  body.write("three ");
  expect(await next(pieces)).toBe("two three ");
  body.end("four");
  expect(await next(pieces)).toBe("four");
  expect(await next(pieces)).toBeUndefined();
});

test("delivers a long body completely and in order, and buffers no more than its limit", async () => {
  let made = 0;
  const long = Readable.from(
    (function* () {
      for (; made < 2_000; made += 1) yield Buffer.from(`${String(made).padStart(1_023, ".")}\n`);
    })(),
    { objectMode: false },
  );
  const pieces = piecesOf(long, PATIENT_MS);
  const first = await next(pieces);
  // Nobody asks for a second piece, so the source only produces what fits here and into the stream.
  await new Promise((resolve) => setImmediate(resolve));
  expect(made).toBeLessThan(500);

  const rest = await text(pieces);
  expect(
    `${first}${rest}`
      .split("\n")
      .slice(0, -1)
      .map((line) => Number(line.replaceAll(".", ""))),
  ).toEqual(Array.from({ length: 2_000 }, (_, index) => index));
});

test("delivers what came before an error, then the error", async () => {
  const body = new PassThrough();
  const pieces = piecesOf(body, PATIENT_MS);
  body.write("half");
  expect(await next(pieces)).toBe("half");
  body.destroy(new Error("cut"));
  await expect(pieces.next()).rejects.toThrow("cut");
});

test("a body closed before its end fails, and a silent one fails with SilentError", async () => {
  const closed = new PassThrough();
  const cut = piecesOf(closed, PATIENT_MS);
  const wanted = cut.next();
  closed.destroy();
  await expect(wanted).rejects.toThrow("closed in the middle");

  const silent = piecesOf(new PassThrough(), 5);
  await expect(silent.next()).rejects.toBeInstanceOf(SilentError);
});

test("returning midway destroys the body; returning after the last piece lets it end normally", async () => {
  const going = new PassThrough();
  const left = piecesOf(going, PATIENT_MS);
  going.write("one");
  await next(left);
  await left.return(undefined);
  going.write("two");
  await expect.poll(() => going.destroyed).toBe(true);
  expect(going.readableEnded).toBe(false);

  const ending = new PassThrough();
  const heard = piecesOf(ending, PATIENT_MS);
  ending.write("last");
  await next(heard);
  await heard.return(undefined);
  ending.end();
  await expect.poll(() => ending.destroyed).toBe(true);
  expect(ending.readableEnded).toBe(true);
});

test("a body that failed before it was read fails at once", async () => {
  const broken = new PassThrough();
  broken.on("error", () => undefined);
  broken.destroy(new Error("cut early"));
  await expect.poll(() => broken.closed).toBe(true);
  await expect(piecesOf(broken, PATIENT_MS).next()).rejects.toThrow("cut early");
});

test("joins a run of small pieces, and reads all of the answer and of the next on the connection", async () => {
  await using provider = await lettersByLetters();
  let reads = 0;
  for (let turn = 0; turn < 3; turn += 1) {
    const answer = await ask(provider.url);
    const { socket } = answer.body;
    const count = () => {
      reads += 1;
    };
    socket.on("data", count);
    let said = "";
    for await (const piece of piecesOf(answer.body, PATIENT_MS)) said += Buffer.from(piece).toString();
    socket.off("data", count);
    expect(said).toBe(LETTERS);
  }
  // Each letter is sent by itself, and is read so until the reader notices that more follow at once.
  expect(reads).toBeLessThan(0.75 * 3 * LETTERS.length);
  expect(provider.connections).toBe(1);
});

test("returning while the connection is paused destroys the body", async () => {
  await using provider = await lettersByLetters();
  const answer = await ask(provider.url);
  const pieces = piecesOf(answer.body, PATIENT_MS);
  let piece = await next(pieces);
  while (piece !== undefined && !answer.body.socket.isPaused()) piece = await next(pieces);
  expect(answer.body.socket.isPaused()).toBe(true);
  await pieces.return(undefined);
  await expect.poll(() => answer.body.destroyed).toBe(true);
});

const LETTERS = "abcdefghijklmnopqrstuvwxyz".repeat(4);

function ask(url: URL) {
  const { signal } = new AbortController();
  return post(url, { headers: new Headers(), body: "{}", signal, connectMs: 10_000 });
}

/** Starts a provider that sends letter by letter, far faster than they are passed on. */
async function lettersByLetters() {
  let connections = 0;
  const server = createServer(async (req, res) => {
    req.resume();
    for (const letter of LETTERS) {
      res.write(letter);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    res.end();
  });
  server.on("connection", () => {
    connections += 1;
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    get connections() {
      return connections;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
