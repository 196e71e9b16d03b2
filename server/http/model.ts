import type { ServerResponse } from "node:http";
import { toAgentRunError } from "@/server/errors";
import { answerModel, type GatewayDeps } from "@/server/gateway";
import { readBearer } from "@/server/identity";
import { errorAnswer } from "@/server/rest";
import type { Wiring } from "@/server/wiring";
import { type Exchange, readJsonText, sendAnswer, sendError } from "./exchange";
import { MODEL_BODY_MAX_BYTES } from "./limits";

const DRAIN_TIMEOUT_MS = 300_000;
const MODEL_PATH = /^\/api\/model\/([^/]+)\/v1\/([a-z]+)$/;

export function isModelPath(path: string): boolean {
  return path.startsWith("/api/model/");
}

export function gatewayDeps(wiring: Wiring, address: string): GatewayDeps {
  const { settings, log } = wiring;
  return {
    db: wiring.database.db,
    log,
    backends: settings.backends,
    readVariable: settings.readVariable,
    isDemoOn: settings.isDemoOn,
    calls: wiring.calls,
    countCall: wiring.requestLimits.takeCall,
    countAnonymous: () => wiring.requestLimits.take(null, address),
    openCall: (runId) => wiring.openCalls.begin(runId),
    holdBody: (runId) => wiring.heldBodies.begin(runId),
    assertBudget: (spender) => wiring.budgets.assertLeft(spender),
    onLimited: (profile, limit) => wiring.providerLimits.note(profile, limit),
    onAccepted: (profile, sentAtMs) => wiring.providerLimits.clear(profile, sentAtMs),
  };
}

/** Returns the profile and resource that a gateway's address names; null: it names none. */
export function parseModelPath(path: string): { profile: string; resource: string } | null {
  const [, profile, resource] = MODEL_PATH.exec(path) ?? [];
  if (!profile || !resource) return null;
  try {
    return { profile: decodeURIComponent(profile), resource };
  } catch {
    return null;
  }
}

/** Serves the model gateway over HTTP. When the agent disconnects, the request to the provider is aborted. */
export async function handleModel(exchange: Exchange): Promise<void> {
  const { wiring, req, res, method, headers } = exchange;
  const disconnect = new AbortController();
  const onClose = () => {
    if (!res.writableFinished) disconnect.abort();
  };
  res.once("close", onClose);
  // An answer that waits for the one before it on its connection has no socket yet, and gets no close event.
  const { socket } = req;
  socket.once("close", onClose);
  const target = parseModelPath(exchange.path) ?? { profile: "", resource: exchange.path };
  try {
    const token = readBearer(headers.get("authorization"));
    const answer = await answerModel(gatewayDeps(wiring, exchange.address), {
      ...target,
      method,
      token,
      readBody: (onBytes) => readCountedBody(exchange, onBytes),
      headers,
      signal: disconnect.signal,
    });
    res.writeHead(answer.status, {
      ...answer.headers,
      "cache-control": "no-cache, no-transform",
      "x-accel-buffering": "no",
    });
    for await (const chunk of answer.body) {
      if (res.destroyed || disconnect.signal.aborted) break;
      if (!res.write(chunk)) await waitForDrain(res, disconnect.signal);
    }
    res.end();
    const ended = disconnect.signal.aborted
      ? { profile: "any", outcome: "abandoned" }
      : { profile: target.profile, outcome: "answered" };
    wiring.metrics.modelRequests.inc(ended);
  } catch (error) {
    wiring.metrics.modelRequests.inc({ profile: "any", outcome: disconnect.signal.aborted ? "abandoned" : "failed" });
    if (disconnect.signal.aborted) return;
    // An answer that breaks off midway is broken off for the agent too, which then asks again.
    if (res.headersSent) wiring.log.warn({ err: error }, "model's response broke off");
    sendModelError(exchange, error);
  } finally {
    socket.off("close", onClose);
  }
}

/**
 * Reads a body and counts it. An announced length is counted before anything is read, so that a refusal can still be
 * answered.
 */
async function readCountedBody({ req, headers }: Exchange, onBytes: (bytes: number) => void): Promise<string> {
  const announced = Number(headers.get("content-length") ?? 0);
  const isCountedAhead = announced > 0 && announced <= MODEL_BODY_MAX_BYTES;
  if (isCountedAhead) onBytes(announced);
  const ignoreBytes = () => undefined;
  return readJsonText(req, headers, {
    maxBytes: MODEL_BODY_MAX_BYTES,
    onBytes: isCountedAhead ? ignoreBytes : onBytes,
  });
}

/**
 * Sends an error. What a provider named in its refusal (`type`, `code`, `resets_at`) is added to our own fields, where
 * codex looks for it: this is how codex tells a full context or a usage limit from an error that it may retry.
 */
function sendModelError(exchange: Exchange, error: unknown): void {
  const fault = toAgentRunError(error);
  const { type, code, resets_at } = (fault.details?.provider ?? {}) as Record<string, unknown>;
  if (type === undefined && code === undefined) {
    sendError(exchange, fault);
    return;
  }
  const answer = errorAnswer(fault, exchange.requestId);
  const { error: body } = answer.body as { error: object };
  sendAnswer(exchange.res, { ...answer, body: { error: { ...body, type, code, resets_at } } });
}

function waitForDrain(res: ServerResponse, disconnect: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timeout);
      res.off("drain", done);
      res.off("close", done);
      disconnect.removeEventListener("abort", done);
      resolve();
    };
    // A reader that takes nothing for this long only keeps a provider's stream open.
    const timeout = setTimeout(() => {
      res.destroy();
      done();
    }, DRAIN_TIMEOUT_MS);
    res.on("drain", done);
    res.on("close", done);
    disconnect.addEventListener("abort", done);
    if (disconnect.aborted) done();
  });
}
