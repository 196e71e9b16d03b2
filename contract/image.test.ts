import { expect, test } from "vitest";
import { IMAGE_BYTES_MAX, imageRefusal, readImage } from "./image";
import { pngOf, SMALL_IMAGES } from "./test/images";

const decoded = (base64: string) => Buffer.from(base64, "base64");

test("reads the size of every kind of image from its bytes", () => {
  expect(readImage(pngOf(640, 480))).toEqual({ mediaType: "image/png", width: 640, height: 480 });
  for (const [kind, base64] of Object.entries(SMALL_IMAGES)) {
    const mediaType = kind.startsWith("image/") ? kind : "image/webp";
    expect([kind, readImage(decoded(base64))]).toEqual([kind, { mediaType, width: 16, height: 12 }]);
  }
});

test("finds a JPEG's header after its metadata, and no length misleads", () => {
  const jpeg = decoded(SMALL_IMAGES["image/jpeg"]);
  const camera = Buffer.concat([Buffer.of(0xff, 0xe1, 0x40, 0), Buffer.alloc(0x3ffe, 0xc0), Buffer.of(0xff, 0xff)]);
  const shot = Buffer.concat([jpeg.subarray(0, 2), camera, jpeg.subarray(2)]);
  expect(readImage(shot)).toMatchObject({ width: 16, height: 12 });
  // A length of zero, one beyond the end, and one that would go backwards.
  for (const length of [0, 1, 0xffff]) {
    const odd = Buffer.concat([Buffer.of(0xff, 0xd8, 0xff, 0xe0, length >> 8, length & 255), Buffer.alloc(400)]);
    expect(readImage(odd)).toBeNull();
  }
});

test("takes no part of an image, and nothing else, for one", () => {
  const images = [pngOf(8, 8), ...Object.values(SMALL_IMAGES).map(decoded)];
  for (const image of images)
    for (let length = 0; length < Math.min(image.byteLength, 30); length += 1) {
      const facts = readImage(image.subarray(0, length));
      if (facts !== null) expect([facts.width, facts.height].every((side) => side > 0)).toBe(true);
    }
  for (const text of [
    "",
    "<svg xmlns='http://www.w3.org/2000/svg'/>",
    "%PDF-1.7",
    "BM",
    "RIFF\0\0\0\0WAVEfmt ",
    "GIF87a",
  ])
    expect([text, imageRefusal(Buffer.from(text))]).toEqual([text, expect.stringContaining("PNG, JPEG, GIF and WebP")]);
});

test("refuses an image too large to send or draw, with the limits", () => {
  expect(imageRefusal(Buffer.alloc(IMAGE_BYTES_MAX + 1))).toContain("at most 5 MB");
  const wide = Buffer.from(pngOf(1, 1));
  wide.writeUInt32BE(16_385, 16);
  expect(imageRefusal(wide)).toContain("at most 16384 on a side");
  wide.writeUInt32BE(8_001, 16);
  wide.writeUInt32BE(8_000, 20);
  expect(imageRefusal(wide)).toContain("64 million in all");
  wide.writeUInt32BE(8_000, 16);
  expect(imageRefusal(wide)).toBeNull();
  wide.writeUInt32BE(0, 16);
  expect(imageRefusal(wide)).not.toBeNull();
});
