import { z } from "zod";
import { SEGMENT_BYTES_MAX } from "@/contract/archive";
import { Int32, RecordId } from "@/contract/ids";
import { Sha256 } from "@/contract/storage";
import { AgentRunError } from "@/server/errors";
import { getSegment, putSegment } from "@/server/manifests";
import { admit, inputFault, type TrpcContext } from "@/server/trpc/init";
import { limitedContextOf } from "./caller";
import { assertPlain, type Exchange, readBody, sendError, sendJson } from "./exchange";

export const SEGMENTS_PATH = "/api/runner/segments/";

const SegmentQuery = z.strictObject({
  sha256: Sha256,
  runId: RecordId.optional(),
  sessionId: RecordId.optional(),
  leaseEpoch: z.coerce.number().pipe(Int32).optional(),
});

/**
 * Transfers segments of volumes' archives as plain bytes, by their digest: a runner uploads and downloads them, an
 * archiver uploads them.
 */
export async function handleSegment(exchange: Exchange): Promise<void> {
  const { wiring, req, res, method, headers } = exchange;
  try {
    const ctx = await limitedContextOf(wiring, exchange);
    const request = { ctx, method, sha256: exchange.path.slice(SEGMENTS_PATH.length), query: exchange.query };
    const answer = await answerSegment(request, () => {
      assertPlain(headers);
      return readBody(req, SEGMENT_BYTES_MAX);
    });
    if (!(answer instanceof Uint8Array)) return sendJson(res, 200, answer);
    const length = { "content-length": answer.byteLength };
    res
      .writeHead(200, { "content-type": "application/octet-stream", ...length, "cache-control": "no-store" })
      .end(answer);
  } catch (error) {
    sendError(exchange, error);
  }
}

export type SegmentRequest = { ctx: TrpcContext; method: string; sha256: string; query: URLSearchParams };

/** Returns the requested bytes, or a description of the uploaded ones. */
export async function answerSegment(
  request: SegmentRequest,
  readBytes: () => Promise<Uint8Array>,
): Promise<Uint8Array | { sha256: string; storedBytes: number }> {
  const { ctx, method } = request;
  if (method !== "GET" && method !== "PUT") {
    throw new AgentRunError("schema-invalid", "method-not-allowed", "a segment takes GET and PUT", {
      details: { allow: ["GET", "PUT"] },
    });
  }
  const service =
    method === "GET"
      ? admit("runner", { ctx, path: "archive.segment", type: "query" })
      : admit("runner-or-archiver", { ctx, path: "archive.segment", type: "mutation" });
  const input = SegmentQuery.safeParse({ ...Object.fromEntries(request.query), sha256: request.sha256 });
  if (!input.success) throw inputFault(input.error);
  const { sha256, runId, sessionId, leaseEpoch } = input.data;
  if (method === "GET") return getSegment(service, { sha256, ...(sessionId === undefined ? {} : { sessionId }) });
  return putSegment(service, { runId, leaseEpoch, sha256, bytes: await readBytes() });
}
