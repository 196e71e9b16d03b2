import { createHash } from "node:crypto";
import type { S3Client } from "@aws-sdk/client-s3";
import type { Archive } from "@/server/archive/archive";
import { segmentName, sessionPrefix } from "@/server/archive/key";
import { AgentRunError } from "@/server/errors";
import { readBucketUrl } from "./bucket-url";

const CONNECT_TIMEOUT_MS = 5_000;
const REQUEST_TIMEOUT_MS = 60_000;
/** The client's own tries, with backoff; the caller decides about trying again after that. */
const TRIES_MAX = 3;
/** Objects that one request removes: S3's maximum. */
const PER_DELETE_MAX = 1_000;
/** S3's answer to `If-None-Match: *` for an existing object. */
const PRECONDITION_FAILED = 412;

type Aws = typeof import("@aws-sdk/client-s3");
type Bucket = { aws: Aws; client: S3Client; bucket: string };

export type S3ArchiveOptions = {
  /** `s3://bucket/prefix`. */
  url: string;
  /** The address of an S3-compatible server; AWS's own when absent. */
  endpoint?: string | undefined;
  region?: string | undefined;
  /** How long one try may wait for an answer, and an answer may pause, in milliseconds; a minute by default. */
  requestTimeoutMs?: number;
};

/**
 * Creates an archive in an S3-compatible bucket: `<prefix>/<hash of the session>/<sha256>`. Credentials come from where
 * the AWS client looks for them: environment, files, the identity of a pod. An existing object is never overwritten.
 */
export function createS3Archive(options: S3ArchiveOptions): Archive & { close(): Promise<void> } {
  const { bucket, prefix } = readBucketUrl(options.url);
  const folderOf = (sessionId: string) => `${prefix}${sessionPrefix(sessionId)}/`;
  const keyOf = (sessionId: string, sha256: string) => `${folderOf(sessionId)}${segmentName(sha256)}`;
  let opened: Promise<Bucket> | null = null;

  async function withBucket<T>(call: (opened: Bucket) => Promise<T>): Promise<T> {
    // Loaded on first use: the client weighs more than the rest of a process that keeps its archive in a folder.
    opened ??= openBucket(options, bucket).catch((error: unknown) => {
      // The cause may be gone at the next call.
      opened = null;
      throw error;
    });
    try {
      return await call(await opened);
    } catch (error) {
      throw toArchiveError(error, bucket);
    }
  }

  return {
    async check() {
      const listed = { Bucket: bucket, Prefix: prefix, MaxKeys: 1 };
      await withBucket(({ aws, client }) => client.send(new aws.ListObjectsV2Command(listed)));
    },
    async put(sessionId, sha256, bytes) {
      const object = {
        Bucket: bucket,
        Key: keyOf(sessionId, sha256),
        Body: bytes,
        ContentLength: bytes.byteLength,
        ChecksumSHA256: createHash("sha256").update(bytes).digest("base64"),
        IfNoneMatch: "*",
      };
      return withBucket(async ({ aws, client }) => {
        try {
          await client.send(new aws.PutObjectCommand(object));
          return true;
        } catch (error) {
          if (statusOf(error) === PRECONDITION_FAILED) return false;
          throw error;
        }
      });
    },
    async get(sessionId, sha256) {
      const object = { Bucket: bucket, Key: keyOf(sessionId, sha256) };
      return withBucket(async ({ aws, client }) => {
        try {
          const { Body } = await client.send(new aws.GetObjectCommand(object));
          return (await Body?.transformToByteArray()) ?? null;
        } catch (error) {
          if (nameOf(error) === "NoSuchKey") return null;
          throw error;
        }
      });
    },
    async copy(fromSessionId, toSessionId, sha256) {
      const object = {
        Bucket: bucket,
        Key: keyOf(toSessionId, sha256),
        CopySource: encodeURI(`${bucket}/${keyOf(fromSessionId, sha256)}`),
      };
      return withBucket(async ({ aws, client }) => {
        try {
          await client.send(new aws.CopyObjectCommand(object));
          return true;
        } catch (error) {
          if (nameOf(error) === "NoSuchKey") return false;
          throw error;
        }
      });
    },
    async remove(sessionId, sha256) {
      const object = { Bucket: bucket, Key: keyOf(sessionId, sha256) };
      await withBucket(({ aws, client }) => client.send(new aws.DeleteObjectCommand(object)));
    },
    async removeAll(sessionId) {
      await withBucket((opened) => removeFolder(opened, folderOf(sessionId)));
    },
    async close() {
      if (opened) (await opened).client.destroy();
    },
  };
}

async function openBucket(options: S3ArchiveOptions, bucket: string): Promise<Bucket> {
  const aws = await import("@aws-sdk/client-s3");
  const { requestTimeoutMs = REQUEST_TIMEOUT_MS } = options;
  const client = new aws.S3Client({
    region: options.region ?? "us-east-1",
    maxAttempts: TRIES_MAX,
    requestHandler: {
      connectionTimeout: CONNECT_TIMEOUT_MS,
      requestTimeout: requestTimeoutMs,
      // Without this a request that takes longer is only logged, and continues to wait.
      throwOnRequestTimeout: true,
      // `requestTimeout` ends with the head of an answer; this covers its body.
      socketTimeout: requestTimeoutMs,
    },
    // Many compatible servers do not know newer checksums, so each object is sent with its SHA-256.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    ...(options.endpoint === undefined ? {} : { endpoint: options.endpoint, forcePathStyle: true }),
  });
  return { aws, client, bucket };
}

async function removeFolder({ aws, client, bucket }: Bucket, folder: string): Promise<void> {
  // Listed from the start each time, because what was listed before is removed by then.
  for (;;) {
    const listed = await client.send(
      new aws.ListObjectsV2Command({ Bucket: bucket, Prefix: folder, MaxKeys: PER_DELETE_MAX }),
    );
    const keys = (listed.Contents ?? []).flatMap(({ Key }) => (Key === undefined ? [] : [{ Key }]));
    if (keys.length === 0) return;
    const { Errors = [] } = await client.send(
      new aws.DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects: keys, Quiet: true } }),
    );
    const [first] = Errors;
    // Without this, a key that must not be removed would be listed for ever.
    if (first) throw Object.assign(new Error(first.Message ?? "not removed"), { name: first.Code ?? "Unknown" });
  }
}

/** Describes an error for the operator: the bucket's own code says what is wrong, and never holds a credential. */
function toArchiveError(error: unknown, bucket: string): AgentRunError {
  const code = nameOf(error);
  const message =
    ERROR_MESSAGES[code]?.(bucket) ?? `the archive's bucket ${bucket} could not be reached (${code}): try again`;
  // Only a person can make space, so nobody should try again by itself.
  if (code === "QuotaExceeded") return new AgentRunError("storage-full", "storage-full", message, { cause: error });
  return new AgentRunError("infra-failed", "archive-unavailable", message, { cause: error });
}

const ERROR_MESSAGES: Record<string, ((bucket: string) => string) | undefined> = {
  NoSuchBucket: (bucket) => `the archive's bucket ${bucket} does not exist: make it, or correct AGENTRUN_ARCHIVE`,
  AccessDenied: (bucket) =>
    `the archive's bucket ${bucket} refuses this server's credentials: they need to get, put, list and delete objects`,
  QuotaExceeded: (bucket) => `the archive's bucket ${bucket} is full: free some space, or raise its quota`,
};

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : "Unknown";
}

function statusOf(error: unknown): number | undefined {
  return (error as { $metadata?: { httpStatusCode?: number } } | null)?.$metadata?.httpStatusCode;
}
