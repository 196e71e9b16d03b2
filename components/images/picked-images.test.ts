import { expect, test } from "vitest";
import type { Attachment } from "@/contract/attachment";
import { pngOf } from "@/contract/test/images";
import { PickedImages } from "./picked-images";

const fileOf = (name: string, bytes: Uint8Array<ArrayBuffer> = Buffer.from(pngOf(4, 4))) => new File([bytes], name);

/** What would be sent, each answered when the test says so. */
function setUp() {
  const sent: { name: string; sessionId: string; answer: (id: string | Error) => void; isGivenUp: () => boolean }[] =
    [];
  const images = new PickedImages({
    preview: async () => "data:image/png;base64,",
    upload: ({ name, sessionId, signal }) =>
      new Promise((resolve, reject) => {
        const answer = (id: string | Error) => (id instanceof Error ? reject(id) : resolve({ id } as Attachment));
        sent.push({ name, sessionId, answer, isGivenUp: () => signal.aborted });
      }),
  });
  return { images, sent };
}

test("an image is sent once, and a message waits for what is on its way", async () => {
  const { images, sent } = setUp();
  await images.add([fileOf("a.png"), fileOf("b.png")], "ses_1");
  const ids = images.ids("ses_1");
  expect(sent.map(({ name }) => name)).toEqual(["a.png", "b.png"]);
  sent[1]?.answer("img_b");
  sent[0]?.answer("img_a");
  expect(await ids).toEqual(["img_a", "img_b"]);
  expect(await images.ids("ses_1")).toEqual(["img_a", "img_b"]);
  expect(sent).toHaveLength(2);
  // What came in while the message was on its way stays for the next.
  await images.add([fileOf("c.png")], "ses_1");
  sent[2]?.answer("img_c");
  await expect.poll(() => images.list()[2]?.attachmentId).toBe("img_c");
  images.forget(["img_a", "img_b"]);
  expect(images.list().map(({ name }) => name)).toEqual(["c.png"]);
});

test("one that was not uploaded keeps the message, says why, and is tried again with it", async () => {
  const { images, sent } = setUp();
  await images.add([fileOf("a\u202eb.png")], "ses_1");
  const first = images.ids("ses_1");
  sent[0]?.answer(new Error("the session is full"));
  await expect(first).rejects.toThrow("a\\u{202e}b.png was not uploaded: the session is full");
  expect(images.list()).toMatchObject([{ error: "the session is full", attachmentId: null, progress: null }]);
  const again = images.ids("ses_1");
  sent[1]?.answer("img_a");
  expect(await again).toEqual(["img_a"]);
  expect(images.list()).toMatchObject([{ error: null, attachmentId: "img_a" }]);
});

test("without a session nothing is sent before the message is", async () => {
  const { images, sent } = setUp();
  await images.add([fileOf("a.png")]);
  expect(sent).toEqual([]);
  const ids = images.ids("ses_new");
  sent[0]?.answer("img_a");
  expect(await ids).toEqual(["img_a"]);
  expect(sent[0]?.sessionId).toBe("ses_new");
});

test("what is no image, too large or too much is refused with why, and the rest is taken", async () => {
  const { images } = setUp();
  await images.add([fileOf("a.svg", Buffer.from("<svg/>")), fileOf("b.png")]);
  expect(images.list().map(({ name }) => name)).toEqual(["b.png"]);
  expect(images.refusal()).toContain("a.svg: this is no image that is taken");
  await images.add(Array.from({ length: 11 }, (_, index) => fileOf(`${index}.png`)));
  expect(images.list()).toHaveLength(10);
  expect(images.refusal()).toContain("10 images at most");
  for (const { key } of images.list()) images.remove(key);
  expect([images.list(), images.refusal()]).toEqual([[], null]);
  const folder = Object.assign(fileOf("folder"), { arrayBuffer: () => Promise.reject(new Error("NotReadable")) });
  await images.add([folder]);
  expect(images.refusal()).toBe("folder: it cannot be read");
  // Not read to be refused.
  await images.add([Object.defineProperty(folder, "size", { value: 1e9 })]);
  expect(images.refusal()).toContain("at most 5 MB");
  const large = () => Buffer.concat([pngOf(4, 4), Buffer.alloc(4_500_000)]);
  await images.add([1, 2, 3, 4, 5].map((index) => fileOf(`${index}.png`, large())));
  expect(images.list()).toHaveLength(4);
  expect(images.refusal()).toContain("20 MB in sum");
});

test("one that is taken out while it is on its way is given up, and not missed", async () => {
  const { images, sent } = setUp();
  await images.add([fileOf("a.png"), fileOf("b.png")], "ses_1");
  images.remove(images.list()[0]?.key ?? "");
  expect(sent[0]?.isGivenUp()).toBe(true);
  const ids = images.ids("ses_1");
  sent[0]?.answer(new Error("it was removed"));
  sent[1]?.answer("img_b");
  expect(await ids).toEqual(["img_b"]);
});
