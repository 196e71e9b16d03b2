import { expect, test } from "vitest";
import type { ImageOwner } from "@/components/shell/addresses";
import type { Attachment } from "@/contract/attachment";
import { pngOf } from "@/contract/test/images";
import { PickedImages } from "./picked-images";
import { wordsRefusal } from "./refusals";

const OWNER = { sessionId: "ses_1" };
const fileOf = (name: string, bytes: Uint8Array<ArrayBuffer> = Buffer.from(pngOf(4, 4))) => new File([bytes], name);

/** What would be sent, each answered when the test says so. */
function setUp() {
  const sent: { name: string; owner: ImageOwner; answer: (id: string | Error) => void; isGivenUp: () => boolean }[] =
    [];
  const images = new PickedImages({
    preview: async () => "data:image/png;base64,",
    upload: ({ name, owner, signal }) =>
      new Promise((resolve, reject) => {
        const answer = (id: string | Error) => (id instanceof Error ? reject(id) : resolve({ id } as Attachment));
        sent.push({ name, owner, answer, isGivenUp: () => signal.aborted });
      }),
  });
  return { images, sent };
}

/** What a message would name; with `isLost` its answer does not come, and its images stay. */
function deliver(images: PickedImages, owner: ImageOwner, { isLost = false } = {}): Promise<string[]> {
  const named: string[] = [];
  const send = async (ids: string[]) => {
    named.push(...ids);
    if (isLost) throw new Error("no answer");
    return ids;
  };
  const sent = images.deliver({ owner, send, isGone: () => false });
  return isLost
    ? sent.then(
        () => [],
        () => named,
      )
    : sent;
}

test("sends an image once, and a message waits for its uploads", async () => {
  const { images, sent } = setUp();
  await images.add([fileOf("a.png"), fileOf("b.png")], OWNER);
  const ids = deliver(images, OWNER, { isLost: true });
  expect(sent.map(({ name }) => name)).toEqual(["a.png", "b.png"]);
  sent[1]?.answer("img_b");
  sent[0]?.answer("img_a");
  expect(await ids).toEqual(["img_a", "img_b"]);
  expect(await deliver(images, OWNER)).toEqual(["img_a", "img_b"]);
  expect(sent).toHaveLength(2);
  expect(images.list()).toEqual([]);
});

test("images added during sending go with the next message, also the same picture", async () => {
  const { images, sent } = setUp();
  await images.add([fileOf("a.png")], OWNER);
  const ids = deliver(images, OWNER);
  await images.add([fileOf("b.png"), fileOf("c.svg", Buffer.from("<svg/>"))], OWNER);
  sent[0]?.answer("img_a");
  expect(await ids).toEqual(["img_a"]);
  expect(images.list()).toMatchObject([{ name: "b.png", progress: 0 }]);
  expect(images.refusal()).toContain("c.svg");
  sent[1]?.answer("img_a");
  expect(await deliver(images, OWNER)).toEqual(["img_a"]);
  expect([images.list(), images.refusal()]).toEqual([[], null]);
});

test("a message sent while its images are read waits for them, and names rejected ones", async () => {
  const { images, sent } = setUp();
  const added = images.add([fileOf("a.png")]);
  expect(images.list()).toMatchObject([{ name: "a.png", preview: null }]);
  const ids = deliver(images, OWNER);
  await added;
  await expect.poll(() => sent.length).toBe(1);
  sent[0]?.answer("img_a");
  expect(await ids).toEqual(["img_a"]);
  const more = images.add([fileOf("b.pdf", Buffer.from("%PDF")), fileOf("c.png")]);
  const refused = expect(deliver(images, OWNER)).rejects.toThrow("Not sent. b.pdf: this is no image");
  await more;
  await expect.poll(() => sent.length).toBe(2);
  sent[1]?.answer("img_c");
  await refused;
  expect(images.list()).toMatchObject([{ name: "c.png", attachmentId: "img_c" }]);
});

test("an image removed while it is read is neither sent nor reported", async () => {
  const { images, sent } = setUp();
  const added = images.add([fileOf("a.png"), fileOf("b.pdf", Buffer.from("%PDF"))], OWNER);
  for (const { key } of images.list()) images.remove(key);
  const ids = deliver(images, OWNER);
  await added;
  expect([await ids, sent, images.list(), images.refusal()]).toEqual([[], [], [], null]);
});

test("uploads images again once when the server has removed them", async () => {
  const { images, sent } = setUp();
  await images.add([fileOf("a.png")], OWNER);
  const gone = new Error("there is no attachment");
  let isThere = false;
  const named: string[][] = [];
  const send = async (ids: string[]) => {
    named.push(ids);
    if (!isThere) throw gone;
    return "sent";
  };
  const first = images.deliver({ owner: OWNER, send, isGone: (error) => error === gone });
  sent[0]?.answer("img_old");
  await expect.poll(() => sent.length).toBe(2);
  isThere = true;
  sent[1]?.answer("img_new");
  expect([await first, named, images.list()]).toEqual(["sent", [["img_old"], ["img_new"]], []]);
  // What stays away ends it, and so does what has another cause.
  isThere = false;
  await images.add([fileOf("b.png")], OWNER);
  const second = images.deliver({ owner: OWNER, send, isGone: () => true });
  sent[2]?.answer("img_b");
  await expect.poll(() => sent.length).toBe(4);
  sent[3]?.answer("img_b");
  await expect(second).rejects.toBe(gone);
  await expect(images.deliver({ owner: OWNER, send, isGone: () => false })).rejects.toBe(gone);
  expect(sent).toHaveLength(4);
});

test("images need text", () => {
  expect(wordsRefusal("  ", [1])).toContain("Add a message to send");
  expect([wordsRefusal("look", [1]), wordsRefusal("", [])]).toEqual([null, null]);
});

test("a failed upload keeps the message, shows the reason, and is retried with it", async () => {
  const { images, sent } = setUp();
  await images.add([fileOf("a\u202eb.png")], OWNER);
  const first = deliver(images, OWNER);
  sent[0]?.answer(new Error("the session is full"));
  await expect(first).rejects.toThrow("a\\u{202e}b.png was not uploaded: the session is full");
  expect(images.list()).toMatchObject([{ error: "the session is full", attachmentId: null, progress: null }]);
  const again = deliver(images, OWNER);
  sent[1]?.answer("img_a");
  expect(await again).toEqual(["img_a"]);
  expect(images.list()).toEqual([]);
});

test("without a session nothing is uploaded before the message is sent", async () => {
  const { images, sent } = setUp();
  await images.add([fileOf("a.png")]);
  expect(sent).toEqual([]);
  const ids = deliver(images, { projectId: "shop" });
  sent[0]?.answer("img_a");
  expect(await ids).toEqual(["img_a"]);
  expect(sent[0]?.owner).toEqual({ projectId: "shop" });
});

test("refuses what is no image, too large or too many with the reason, and takes the rest", async () => {
  const { images } = setUp();
  await images.add([fileOf("a.svg", Buffer.from("<svg/>")), fileOf("b.png")]);
  expect(images.list().map(({ name }) => name)).toEqual(["b.png"]);
  expect(images.refusal()).toContain("a.svg: this is no image that is taken");
  await images.add(Array.from({ length: 11 }, (_, index) => fileOf(`${index}.png`)));
  expect(images.list()).toHaveLength(10);
  expect(images.refusal()).toBe("2 images were rejected. 9.png, 10.png: a message shows 10 images at most");
  expect(images.refusal()).toContain("10 images at most");
  await images.add([1, 2, 3, 4, 5].map((index) => fileOf(`${index}.png`)));
  expect(images.refusal()).toContain("5 images were rejected. 1.png, 2.png, 3.png and 2 more: a message");
  for (const { key } of images.list()) images.remove(key);
  expect([images.list(), images.refusal()]).toEqual([[], null]);
  // Two ways in at once are counted together, and what either was refused is told.
  const many = (letter: string) => Array.from({ length: 6 }, (_, index) => fileOf(`${letter}${index}.png`));
  await Promise.all([
    images.add([fileOf("x.pdf", Buffer.from("%PDF")), ...many("a")]),
    images.add([...many("b"), fileOf("y.pdf", Buffer.from("%PDF"))]),
  ]);
  expect(images.list()).toHaveLength(10);
  expect(images.refusal()).toMatch(
    /^4 images were rejected. x.pdf, y.pdf: this is no .*; b4.png, b5.png: a message shows/,
  );
  for (const { key } of images.list()) images.remove(key);
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

test("an image removed during its upload is aborted and not reported", async () => {
  const { images, sent } = setUp();
  await images.add([fileOf("a.png"), fileOf("b.png")], OWNER);
  images.remove(images.list()[0]?.key ?? "");
  expect(sent[0]?.isGivenUp()).toBe(true);
  const ids = deliver(images, OWNER);
  sent[0]?.answer(new Error("it was removed"));
  sent[1]?.answer("img_b");
  expect(await ids).toEqual(["img_b"]);
});
