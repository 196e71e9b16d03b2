import type { Attachment } from "@/contract/attachment";
import { GetAttachmentInput, UploadAttachmentInput, UploadTaskAttachmentInput } from "@/contract/attachment";
import { IMAGE_BYTES_MAX, IMAGE_TYPES, type ImageType } from "@/contract/image";
import { getAttachment, readAttachment, storeAttachment, storeTaskAttachment } from "@/server/attachments";
import { type ServiceContext, tenantOf } from "@/server/context";
import { AgentRunError, RateLimitedError } from "@/server/errors";
import type { Holds } from "@/server/gateway";
import { decodeSegment } from "@/server/rest";
import { admit, inputFault, type TrpcContext } from "@/server/trpc/init";
import { limitedContextOf } from "./caller";
import { cacheHeaders, contentHeaders, matchesEtag } from "./content";
import { assertPlain, type Exchange, type HeaderReader, readBody, sendError, sendJson } from "./exchange";

const UPLOAD = /^\/api\/v1\/sessions\/([^/]+)\/attachments$/;
const TASK_UPLOAD = "/api/v1/queue/attachments";
const CONTENT = /^\/api\/v1\/attachments\/([^/]+)\/content$/;
/** File name endings by type of image. */
const FILE_EXTENSIONS: Record<ImageType, readonly [string, ...string[]]> = {
  "image/png": [".png"],
  "image/jpeg": [".jpg", ".jpeg"],
  "image/gif": [".gif"],
  "image/webp": [".webp"],
};

export type AttachmentRequest = { method: string; path: string; query: URLSearchParams; headers: HeaderReader };
/** A body that was not read yet and reports each piece as it is read, and the counter of bytes in memory. */
type UploadBody = { holds: Holds; readBytes: (onBytes: (count: number) => void) => Promise<Buffer> };
/** The answer: an uploaded attachment, or an image's bytes; null bytes: the caller has them already. */
export type AttachmentAnswer = { attachment: Attachment } | { headers: Record<string, string>; bytes: Buffer | null };

/** Whether a request transfers an image's plain bytes. A request that declares JSON or has no body does not. */
export function isAttachmentBytes({ method, path, headers }: Omit<AttachmentRequest, "query">): boolean {
  if (CONTENT.test(path)) return method === "GET" || method === "HEAD";
  const type = headers.get("content-type") ?? "";
  return (
    method === "POST" &&
    (path === TASK_UPLOAD || UPLOAD.test(path)) &&
    type !== "" &&
    !/^application\/json *(;|$)/i.test(type)
  );
}

/** Handles images as plain bytes: people and programs upload them, runners and browsers download them. */
export async function handleAttachment(exchange: Exchange): Promise<void> {
  const { wiring, req, res, headers } = exchange;
  try {
    const ctx = await limitedContextOf(wiring, exchange);
    const answer = await answerAttachment(ctx, exchange, {
      holds: wiring.heldUploads,
      readBytes(onBytes) {
        assertPlain(headers);
        return readBody(req, IMAGE_BYTES_MAX, onBytes);
      },
    });
    if ("attachment" in answer) return sendJson(res, 200, answer.attachment);
    res.writeHead(answer.bytes === null ? 304 : 200, answer.headers).end(answer.bytes ?? undefined);
  } catch (error) {
    // Unread bytes of a refused body would be taken for the next request.
    if (!req.complete) res.setHeader("connection", "close");
    sendError(exchange, error);
  }
}

export async function answerAttachment(
  ctx: TrpcContext,
  { path, query, headers }: AttachmentRequest,
  body: UploadBody,
): Promise<AttachmentAnswer> {
  const content = CONTENT.exec(path);
  if (content !== null) return answerContent(ctx, decodeSegment(content[1] ?? ""), headers);
  const isForTasks = path === TASK_UPLOAD;
  const procedure = isForTasks ? "queue.createAttachment" : "attachments.create";
  const service = admit("operator", { ctx, path: procedure, type: "mutation" });
  assertImageType(headers);
  if (isForTasks) {
    const input = UploadTaskAttachmentInput.safeParse(Object.fromEntries(query));
    if (!input.success) throw inputFault(input.error);
    const store = (bytes: Buffer) => storeTaskAttachment(service, { ...input.data, bytes });
    return { attachment: await readAndStore(service, store, body) };
  }
  const sessionId = decodeSegment(UPLOAD.exec(path)?.[1] ?? "");
  const input = UploadAttachmentInput.safeParse({ ...Object.fromEntries(query), sessionId });
  if (!input.success) throw inputFault(input.error);
  const store = (bytes: Buffer) => storeAttachment(service, { ...input.data, bytes });
  return { attachment: await readAndStore(service, store, body) };
}

/** Reads and stores an image. Its bytes count against the tenant's limit from the first one until it is stored. */
async function readAndStore(
  service: ServiceContext,
  store: (bytes: Buffer) => Promise<Attachment>,
  { holds, readBytes }: UploadBody,
): Promise<Attachment> {
  const hold = holds.begin(tenantOf(service) ?? "");
  try {
    const bytes = await readBytes((count) => {
      if (!hold.take(count))
        throw new RateLimitedError("too many images are being uploaded at once: let one of them end first", 1);
    });
    return await store(bytes);
  } finally {
    hold.end();
  }
}

async function answerContent(ctx: TrpcContext, id: string, headers: HeaderReader): Promise<AttachmentAnswer> {
  const service = admit("runner", { ctx, path: "attachments.content", type: "query" });
  const input = GetAttachmentInput.safeParse({ attachmentId: id });
  if (!input.success) throw inputFault(input.error);
  const ifNoneMatch = headers.get("if-none-match");
  if (ifNoneMatch !== null) {
    const { sha256 } = await getAttachment(service, input.data);
    if (matchesEtag(ifNoneMatch, sha256)) return { headers: cacheHeaders(sha256), bytes: null };
  }
  const { attachment, bytes } = await readAttachment(service, input.data);
  return {
    headers: {
      ...cacheHeaders(attachment.sha256),
      ...contentHeaders({
        type: attachment.mediaType,
        disposition: "inline",
        name: downloadName(attachment),
      }),
      "content-length": String(bytes.byteLength),
    },
    bytes,
  };
}

/** Refuses other media types. The type of the image itself is judged by its bytes alone. */
function assertImageType(headers: HeaderReader): void {
  if (/^(image\/|application\/octet-stream *(;|$))/i.test(headers.get("content-type") ?? "")) return;
  const message = `send the image's bytes as ${IMAGE_TYPES.join(", ")} or application/octet-stream, or application/json with base64`;
  throw new AgentRunError("schema-invalid", "unsupported-media-type", message);
}

/** The name under which a browser would save it: with an ending of its type. */
function downloadName({ name, mediaType }: Attachment): string {
  const extensions = FILE_EXTENSIONS[mediaType];
  return extensions.some((extension) => name.toLowerCase().endsWith(extension)) ? name : `${name}${extensions[0]}`;
}
