/** Bucket names that S3 accepts, without dots, which break TLS. */
const BUCKET = /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/;

/**
 * Reads `s3://bucket/some/prefix`. The prefix ends in a slash, or is empty. Throws an error that names the variable.
 */
export function readBucketUrl(url: string): { bucket: string; prefix: string } {
  const parsed = URL.parse(url);
  if (parsed?.protocol !== "s3:" || !BUCKET.test(parsed.hostname) || parsed.search !== "" || parsed.username !== "")
    throw new Error("AGENTRUN_ARCHIVE: a folder, or s3://bucket/prefix with nothing else in it");
  const prefix = parsed.pathname.split("/").filter(Boolean).join("/");
  return { bucket: parsed.hostname, prefix: prefix === "" ? "" : `${prefix}/` };
}
