import { expect, test } from "vitest";
import { readBucketUrl } from "./bucket-url";

test("parses a bucket URL into bucket and prefix, and rejects anything else", () => {
  expect(readBucketUrl("s3://archive")).toEqual({ bucket: "archive", prefix: "" });
  expect(readBucketUrl("s3://archive/a//b/")).toEqual({ bucket: "archive", prefix: "a/b/" });
  for (const url of ["s3://", "s3://UPPER", "s3://with.dots", "s3://a:b@archive", "s3://archive?x=1", "/folder"])
    expect(() => readBucketUrl(url), url).toThrow("AGENTRUN_ARCHIVE");
});
