import { randomBytes } from "node:crypto";
import { CreateBucketCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { expect, inject, test } from "vitest";
import { testArchive } from "@/server/archive/test/keeps-segments";
import { createS3Archive } from ".";

// A real S3 server, which scripts/test-cluster.mjs starts. It takes any credentials.
const endpoint = inject("s3Endpoint");

async function openBucket() {
  const bucket = `agentrun-${randomBytes(6).toString("hex")}`;
  const client = new S3Client({ endpoint, forcePathStyle: true, region: "us-east-1" });
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  const archive = createS3Archive({ url: `s3://${bucket}/some/prefix`, endpoint });
  return {
    bucket,
    client,
    archive,
    async [Symbol.asyncDispose]() {
      await archive.close();
      client.destroy();
    },
  };
}

testArchive(openBucket);

test("removes more segments than one request can name, and keeps other objects of the bucket", async () => {
  await using place = await openBucket();
  const { archive, bucket, client } = place;
  const theirs = createS3Archive({ url: `s3://${bucket}`, endpoint });
  await theirs.put("ses_1", "c".repeat(64), Buffer.from("not below the prefix"));
  for (let from = 0; from < 1_100; from += 50) {
    await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        archive.put("ses_1", (from + index).toString(16).padStart(64, "0"), Buffer.from("x")),
      ),
    );
  }
  await archive.removeAll("ses_1");
  const { KeyCount } = await client.send(new ListObjectsV2Command({ Bucket: bucket }));
  expect(KeyCount).toBe(1);
  await theirs.close();
});

test("returns an eight-megabyte segment unchanged", async () => {
  await using place = await openBucket();
  const bytes = randomBytes(8 * 1024 * 1024);
  await place.archive.put("ses_1", "d".repeat(64), bytes);
  expect(Buffer.from((await place.archive.get("ses_1", "d".repeat(64))) ?? []).equals(bytes)).toBe(true);
});

test("reports a missing bucket and a silent server with a readable message", async () => {
  const lost = createS3Archive({ url: "s3://nobody-made-this", endpoint });
  await expect(lost.put("ses_1", "e".repeat(64), Buffer.from("x"))).rejects.toMatchObject({
    failureKind: "infra-failed",
    message: expect.stringContaining("nobody-made-this does not exist"),
  });
  await expect(lost.check()).rejects.toMatchObject({ message: expect.stringContaining("nobody-made-this does not") });
  const away = createS3Archive({ url: "s3://nobody-made-this", endpoint: "http://127.0.0.1:1" });
  await expect(away.get("ses_1", "e".repeat(64))).rejects.toMatchObject({
    failureKind: "infra-failed",
    message: expect.stringContaining("could not be reached"),
  });
  await lost.close();
  await away.close();
});
