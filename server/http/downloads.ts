import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { z } from "zod";
import { DownloadFolderInput, ReadFileInput, ReadPatchInput } from "@/contract/files";
import { readImage } from "@/contract/image";
import { AtOnce } from "@/server/at-once";
import { baseName, openFile, packFolder, readParts, segmentReader, sessionFileName } from "@/server/files";
import { readPatch } from "@/server/patches";
import { decodeSegment, methodNotAllowed } from "@/server/rest";
import { admit, inputFault, type TrpcContext } from "@/server/trpc/init";
import { limitedContextOf } from "./caller";
import { cacheHeaders, contentHeaders, matchesEtag } from "./content";
import { type Exchange, type HeaderReader, sendError } from "./exchange";

const DOWNLOAD = /^\/api\/v1\/sessions\/([^/]+)\/(files\/content|files\/tar|patch)$/;
/** A download holds up to 16 MB, and a packed folder a processor too. */
const downloads = new AtOnce({ workingMax: 4, waitingMax: 12, what: "downloads" });
/** How long a caller may read nothing of its download before it loses its place. */
const STALL_MS = 60_000;

export type DownloadRequest = { method: string; path: string; query: URLSearchParams; headers: HeaderReader };
/** null: the caller has it already. */
export type DownloadAnswer = { headers: Record<string, string>; body: Readable | null };

/** Whether a request asks for the bytes of a session's files, or for what its turns changed. */
export function isDownload({ path }: Pick<DownloadRequest, "path">): boolean {
  return DOWNLOAD.test(path);
}

/** Sends a file of a session's workspace as plain bytes, a folder as a compressed tar, or changes as a patch. */
export async function handleDownload(exchange: Exchange): Promise<void> {
  const { wiring, res, method, requestId } = exchange;
  try {
    const ctx = await limitedContextOf(wiring, exchange);
    const { headers, body } = await answerDownload(ctx, exchange);
    res.writeHead(body === null ? 304 : 200, headers);
    if (body === null || method === "HEAD") {
      body?.destroy();
      res.end();
      return;
    }
    res.setTimeout(STALL_MS, () => res.destroy());
    await pipeline(body, res);
  } catch (error) {
    if (!res.headersSent) return sendError(exchange, error);
    // The caller sees that bytes are missing: the length does not match, or the compressed stream has no end.
    if (!hasLeft(error)) wiring.log.warn({ err: error, requestId }, "a download broke off");
    res.destroy();
  }
}

/** Whether the caller closed the connection. */
function hasLeft(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ERR_STREAM_PREMATURE_CLOSE";
}

/** Answers a download. Whoever may not have it, or has it already, does not wait for a place among those under way. */
export async function answerDownload(ctx: TrpcContext, request: DownloadRequest): Promise<DownloadAnswer> {
  const { method, path, query, headers } = request;
  if (method !== "GET" && method !== "HEAD") throw methodNotAllowed(["GET"]);
  const [, sessionId = "", form] = DOWNLOAD.exec(path) ?? [];
  const fields = { ...Object.fromEntries(query), sessionId: decodeSegment(sessionId) };
  switch (form) {
    case "patch":
      return answerPatch(ctx, fields);
    case "files/tar":
      return answerTar(ctx, fields);
    default:
      return answerContent(ctx, fields, headers);
  }
}

async function answerContent(ctx: TrpcContext, fields: object, headers: HeaderReader): Promise<DownloadAnswer> {
  const service = admit("viewer", { ctx, path: "files.content", type: "query" });
  const input = parse(ReadFileInput, fields);
  const { file } = await openFile(service, input);
  const cached = cacheHeaders(file.sha256);
  const ifNoneMatch = headers.get("if-none-match");
  if (ifNoneMatch !== null && matchesEtag(ifNoneMatch, file.sha256)) return { headers: cached, body: null };
  return inItsPlace(async () => {
    const parts = readParts(file, segmentReader(service, input.sessionId));
    // Before the headers are sent, so that an archive that cannot be read is answered with an error.
    const first = await parts.next();
    const image = first.done === true ? null : readImage(first.value);
    const content = contentHeaders({
      type: image === null ? "application/octet-stream" : image.mediaType,
      disposition: image === null ? "attachment" : "inline",
      name: baseName(input.path),
    });
    return {
      headers: { ...cached, ...content, "content-length": String(file.sizeBytes) },
      body: Readable.from(chain(first, parts), { objectMode: false }),
    };
  });
}

async function* chain<Item>(first: IteratorResult<Item>, rest: AsyncGenerator<Item>): AsyncGenerator<Item> {
  if (first.done === true) return;
  yield first.value;
  yield* rest;
}

async function answerTar(ctx: TrpcContext, fields: object): Promise<DownloadAnswer> {
  const service = admit("viewer", { ctx, path: "files.tar", type: "query" });
  const input = parse(DownloadFolderInput, fields);
  return inItsPlace(async () => {
    const { name, body } = await packFolder(service, input);
    const headers = contentHeaders({ type: "application/gzip", disposition: "attachment", name: `${name}.tar.gz` });
    return { headers: { ...headers, "cache-control": "no-store" }, body };
  });
}

async function answerPatch(ctx: TrpcContext, fields: object): Promise<DownloadAnswer> {
  const service = admit("viewer", { ctx, path: "sessions.patch", type: "query" });
  const input = parse(ReadPatchInput, fields);
  return inItsPlace(async () => {
    const turns = readPatch(service, input);
    const first = await turns.next();
    const name = `${sessionFileName(input.sessionId)}.patch`;
    const headers = contentHeaders({ type: "text/x-diff; charset=utf-8", disposition: "attachment", name });
    return {
      headers: { ...headers, "cache-control": "no-store" },
      body: Readable.from(chain(first, turns), { objectMode: false }),
    };
  });
}

/** Opens a download once there is a place for it, which it holds until its body is closed. */
function inItsPlace<Opened extends { body: Readable }>(open: () => Promise<Opened>): Promise<Opened> {
  return new Promise((resolve, reject) => {
    const download = async () => {
      const opened = await open();
      const closed = new Promise((done) => opened.body.once("close", done));
      resolve(opened);
      await closed;
    };
    downloads.run(download).catch(reject);
  });
}

function parse<Output>(schema: z.ZodType<Output>, fields: object): Output {
  const input = schema.safeParse(fields);
  if (!input.success) throw inputFault(input.error);
  return input.data;
}
