import type { Attachment } from "@/contract/attachment";
import { GetAttachmentInput, UploadAttachmentInput } from "@/contract/attachment";
import { IMAGE_BYTES_MAX } from "@/contract/image";
import { readAttachment, storeAttachment } from "@/server/attachments";
import { InvalidInputError } from "@/server/errors";
import { admit, inputFault, type TrpcContext } from "@/server/trpc/init";
import { limitedContextOf } from "./caller";
import { assertPlain, type Exchange, type HeaderReader, readBody, sendError, sendJson } from "./exchange";

const UPLOAD = /^\/api\/v1\/sessions\/([^/]+)\/attachments$/;
const CONTENT = /^\/api\/v1\/attachments\/([^/]+)\/content$/;
/** Nobody but a run's end, or a session's, changes what these bytes are: a browser keeps them as its own. */
const KEPT = "private, max-age=31536000, immutable";

export type AttachmentRequest = { method: string; path: string; query: URLSearchParams; headers: HeaderReader };
/** What is answered: an attachment that was uploaded, or an image's bytes; null where the caller has them already. */
export type AttachmentAnswer = { attachment: Attachment } | { headers: Record<string, string>; bytes: Buffer | null };

/** Whether a request is about plain bytes of an image; anything else about attachments goes by JSON. */
export function isAttachmentBytes({ method, path, headers }: Omit<AttachmentRequest, "query">): boolean {
  if (CONTENT.test(path)) return method === "GET" || method === "HEAD";
  const type = headers.get("content-type") ?? "";
  return method === "POST" && UPLOAD.test(path) && /^(image\/|application\/octet-stream\b)/i.test(type);
}

/** Images as plain bytes: people and programs hand them in, runners and browsers fetch them. */
export async function handleAttachment(exchange: Exchange): Promise<void> {
  const { wiring, req, res, headers } = exchange;
  try {
    const ctx = await limitedContextOf(wiring, exchange);
    const answer = await answerAttachment(ctx, exchange, () => {
      assertPlain(headers);
      return readBody(req, IMAGE_BYTES_MAX);
    });
    if ("attachment" in answer) return sendJson(res, 200, answer.attachment);
    res.writeHead(answer.bytes === null ? 304 : 200, answer.headers).end(answer.bytes ?? undefined);
  } catch (error) {
    // What was not read of a refused body would be taken for the next request.
    if (!req.complete) res.setHeader("connection", "close");
    sendError(exchange, error);
  }
}

export async function answerAttachment(
  ctx: TrpcContext,
  { path, query, headers }: AttachmentRequest,
  readBytes: () => Promise<Buffer>,
): Promise<AttachmentAnswer> {
  const content = CONTENT.exec(path);
  if (content !== null) return answerContent(ctx, decode(content[1]), headers);
  const service = admit("operator", { ctx, path: "attachments.create", type: "mutation" });
  const sessionId = decode(UPLOAD.exec(path)?.[1]);
  const input = UploadAttachmentInput.safeParse({ ...Object.fromEntries(query), sessionId });
  if (!input.success) throw inputFault(input.error);
  return { attachment: await storeAttachment(service, { ...input.data, bytes: await readBytes() }) };
}

async function answerContent(ctx: TrpcContext, id: string, headers: HeaderReader): Promise<AttachmentAnswer> {
  const service = admit("runner", { ctx, path: "attachments.content", type: "query" });
  const input = GetAttachmentInput.safeParse({ attachmentId: id });
  if (!input.success) throw inputFault(input.error);
  const { attachment, bytes } = await readAttachment(service, input.data);
  const etag = `"${attachment.sha256}"`;
  const kept = { etag, "cache-control": KEPT };
  if (headers.get("if-none-match") === etag) return { headers: kept, bytes: null };
  return {
    headers: {
      ...kept,
      "content-type": attachment.mediaType,
      "content-length": String(bytes.byteLength),
      "content-disposition": `inline; filename*=UTF-8''${encodeName(attachment.name)}`,
      // Foreign bytes: opened by themselves they run nothing and load nothing.
      "content-security-policy": "default-src 'none'; sandbox",
      "x-content-type-options": "nosniff",
    },
    bytes,
  };
}

/** As RFC 8187 writes a name of any letters. */
function encodeName(name: string): string {
  return encodeURIComponent(name).replace(/['()*!]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);
}

function decode(segment = ""): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new InvalidInputError("the address is not valid percent-encoded UTF-8");
  }
}
