import { z } from "zod";
import { SEGMENT_BYTES_MAX } from "@/contract/archive";
import { Int32, RecordId } from "@/contract/ids";
import { Sha256 } from "@/contract/storage";
import { AgentRunError } from "@/server/errors";
import { getSegment, putSegment } from "@/server/manifests";
import { admit, inputFault } from "@/server/trpc/init";
import { contextOf } from "./caller";
import { assertPlain, type Exchange, readBody, sendError, sendJson } from "./exchange";

export const SEGMENTS_PATH = "/api/runner/segments/";

const SegmentQuery = z.strictObject({
  sha256: Sha256,
  runId: RecordId.optional(),
  sessionId: RecordId.optional(),
  leaseEpoch: z.coerce.number().pipe(Int32).optional(),
});

/** Segments of volumes' archives as plain bytes: a runner hands them in and fetches them, by their digest. */
export async function handleSegment(exchange: Exchange): Promise<void> {
  const { wiring, req, res, method, headers, query } = exchange;
  try {
    const ctx = await contextOf(wiring, exchange);
    const service = admit("runner", { ctx, path: "archive.segment", type: method === "GET" ? "query" : "mutation" });
    const input = SegmentQuery.safeParse({
      ...Object.fromEntries(query),
      sha256: exchange.path.slice(SEGMENTS_PATH.length),
    });
    if (!input.success) throw inputFault(input.error);
    const { sha256, runId, sessionId, leaseEpoch } = input.data;
    if (method === "GET") {
      const bytes = await getSegment(service, { sha256, ...(sessionId === undefined ? {} : { sessionId }) });
      res.writeHead(200, {
        "content-type": "application/octet-stream",
        "content-length": bytes.byteLength,
        "cache-control": "no-store",
      });
      res.end(bytes);
      return;
    }
    if (method !== "PUT") {
      throw new AgentRunError("schema-invalid", "method-not-allowed", "a segment takes GET and PUT", {
        details: { allow: ["GET", "PUT"] },
      });
    }
    if (runId === undefined)
      throw new AgentRunError("schema-invalid", "invalid-input", "runId: say whose segment it is");
    assertPlain(headers);
    const bytes = await readBody(req, SEGMENT_BYTES_MAX);
    sendJson(res, 200, await putSegment(service, { runId, leaseEpoch, sha256, bytes }));
  } catch (error) {
    sendError(exchange, error);
  }
}
