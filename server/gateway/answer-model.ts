import type { Logger } from "pino";
import { type BackendConfig, type BackendsFile, DEMO_PROFILE } from "@/contract/backend";
import type { Db } from "@/db/client";
import type { Spender } from "@/db/queries/usage/measure-budgets";
import { configOf, dialectOf, type ProviderLimit, type ReadVariable, readKey } from "@/server/backends";
import { AgentRunError, ForbiddenError, NotFoundError, RateLimitedError, UnauthenticatedError } from "@/server/errors";
import { findModelGrant, type ModelGrant } from "@/server/identity";
import type { CallRecorder, OpenCall } from "@/server/usage";
import { assertForeground } from "./background";
import { boundsOf } from "./bounds";
import { askByChat } from "./chat";
import { answerByDemo } from "./demo";
import type { Hold } from "./holds";
import { logBodies } from "./log-bodies";
import { askProvider } from "./provider";
import { recordAnswer, requestedModelOf } from "./record-answer";
import type { Provider } from "./send";
import { unavailable } from "./unavailable";
import type { AnswerReader } from "./usage";

export type GatewayDeps = {
  db: Db;
  log: Logger;
  backends: BackendsFile;
  readVariable: ReadVariable;
  isDemoOn: boolean;
  calls: CallRecorder;
  /** Counts a call of a run. Returns the seconds to wait when it is over the limit; null: it is within. */
  countCall: (runId: string) => number | null;
  /** The same for a request of an unknown caller. */
  countAnonymous: () => number | null;
  /** Counts a run's open calls, each as one. */
  openCall: (runId: string) => Hold;
  /** Counts the memory that a call's request takes until its provider begins to answer, in bytes. */
  holdBody: (runId: string) => Hold;
  /** Throws when the caller has nothing left to spend. */
  assertBudget: (spender: Spender) => Promise<void>;
  onLimited: (profile: string, limit: ProviderLimit) => void;
  /** Called when a provider has accepted a request, with the time when that was sent, in milliseconds since 1970. */
  onAccepted: (profile: string, sentAtMs: number) => void;
};

export type ModelRequest = {
  profile: string;
  /** The part of the address after `/v1/`. */
  resource: string;
  method: string;
  token: string | null;
  body: string;
  headers: { get(name: string): string | null };
  signal: AbortSignal;
};
/** A request whose body is read only once the caller is known and within its limits. */
export type UnreadRequest = Omit<ModelRequest, "body"> & {
  readBody: (onBytes: (bytes: number) => void) => Promise<string>;
};
export type ModelAnswer = { status: number; headers: Record<string, string>; body: AsyncIterable<Uint8Array> };
/** An answer whose body is still to be read, once for everybody who needs to know what it says. */
export type WatchedAnswer = ModelAnswer & {
  /** Called with what was read so far: after each piece, before the piece is passed on, and after the last one. */
  onRead?: (reader: AnswerReader) => void;
};

/**
 * Answers an agent's request to its model. The caller's token gives access to one profile while its run is held, and to
 * nothing else. The provider's key is added here and leaves this process only to the provider.
 */
export async function answerModel(deps: GatewayDeps, unread: UnreadRequest): Promise<ModelAnswer> {
  const { token, method, resource } = unread;
  const grant = token === null ? null : await findModelGrant(deps.db, token);
  if (!grant) throw unauthenticatedError(deps);
  const { tenantId, projectId, runId, sessionId, taskId, profile } = grant;
  // Before any of the body is read or kept: a request over the limit must cost nothing.
  const waitSeconds = deps.countCall(runId);
  if (waitSeconds !== null)
    throw new RateLimitedError(`run ${runId} calls its model too often: try again in ${waitSeconds} s`, waitSeconds);
  if (profile !== unread.profile) throw new NotFoundError("model of profile", unread.profile);
  if (resource === "models" && method === "GET") return listModels(deps, profile);
  if (resource !== "responses") throw new NotFoundError("model resource", resource);
  if (method !== "POST")
    throw new AgentRunError("schema-invalid", "method-not-allowed", "responses takes POST", {
      details: { allow: ["POST"] },
    });
  const slot = deps.openCall(runId);
  if (!slot.take(1))
    throw new RateLimitedError(`run ${runId} has too many calls to its model open: let one of them end first`, 1);
  const bodyHold = deps.holdBody(runId);
  const body = await unread.readBody(countBytes(runId, bodyHold)).catch((error: unknown) => {
    bodyHold.end();
    slot.end();
    throw error;
  });
  const request = { ...unread, body };
  const requestedModel = requestedModelOf(request.body);
  const call = deps.calls.begin({
    tenantId,
    projectId,
    runId,
    sessionId,
    taskId,
    backendProfile: profile,
    model: countedModelOf(deps, grant, requestedModel),
  });
  const ending = releasingCall(call, slot);
  const callProvider = () => callModel(deps, { grant, requestedModel, request });
  const answer = recordAnswer(ending, request.signal, callProvider).finally(bodyHold.end);
  return grant.isLogged ? logBodies(deps.log, grant, request.body, answer) : answer;
}

function countBytes(runId: string, bodyHold: Hold): (bytes: number) => void {
  return (bytes) => {
    if (!bodyHold.take(bytes))
      throw new RateLimitedError(`the requests of run ${runId} are too long together: let one of them be answered`, 1);
  };
}

/**
 * Returns the call so that its end also gives its place back. A function of its own, because a closure over the request
 * would keep it in memory as long as its answer.
 */
function releasingCall(call: OpenCall, slot: Hold): OpenCall {
  return {
    ...call,
    end(end) {
      slot.end();
      call.end(end);
    },
  };
}

/** Counts an unknown caller, because each guess at a token costs a look-up. */
function unauthenticatedError(deps: GatewayDeps): AgentRunError {
  const waitSeconds = deps.countAnonymous();
  if (waitSeconds !== null)
    return new RateLimitedError(`too many requests: try again in ${waitSeconds} s`, waitSeconds);
  return new UnauthenticatedError("this model token is unknown or has ended with its run");
}

type GrantedRequest = { grant: ModelGrant; requestedModel: string | null; request: ModelRequest };

async function callModel(
  deps: GatewayDeps,
  { grant, requestedModel, request }: GrantedRequest,
): Promise<WatchedAnswer> {
  const { profile } = grant;
  assertForeground(request.body);
  const { tenantId, projectId, sessionId } = grant;
  await deps.assertBudget({ tenantId, projectId, sessionId, backendProfile: profile });
  if (profile === DEMO_PROFILE && deps.isDemoOn) return answerByDemo(request.body, request.signal);
  const config = configOf(deps.backends, profile);
  if (!config)
    throw unavailable(`no model is configured for profile ${profile}: name it in the file of AGENTRUN_BACKENDS`);
  assertModelAllowed(config, grant, requestedModel);
  const key = await readKey(config, deps.readVariable);
  if (key === null && (config.keyFile ?? config.keyEnv) !== undefined) throw unavailable(missingKey(profile, config));
  const provider: Provider = {
    profile,
    baseUrl: config.baseUrl,
    key,
    log: deps.log,
    bounds: boundsOf(config),
    onLimited: (limit) => deps.onLimited(profile, limit),
    onAccepted: (sentAtMs) => deps.onAccepted(profile, sentAtMs),
  };
  if (config.wire === "chat") return askByChat(provider, dialectOf(profile, config), request);
  return askProvider(provider, request);
}

/** A run's token may be spent only on its own model and those that the profile allows. */
function assertModelAllowed(
  config: BackendConfig,
  { profile, model }: ModelGrant,
  requestedModel: string | null,
): void {
  const allowed = allowedModels(config, model);
  if (requestedModel !== null && allowed.includes(requestedModel)) return;
  throw new ForbiddenError(
    `this run may ask model ${allowed.join(" or ")} of profile ${profile}: the request names ${requestedModel ?? "none"}`,
  );
}

function allowedModels(config: BackendConfig, runModel: string | null): string[] {
  return [runModel ?? config.model, ...(config.models ?? [])];
}

function missingKey(profile: string, { keyEnv, keyFile }: BackendConfig): string {
  if (keyFile !== undefined) return `profile ${profile}: the file that holds its key is not there, or empty`;
  return `profile ${profile}: the variable ${keyEnv} that holds its key is not set in web's environment`;
}

/**
 * Returns the model under which a call is counted. A call to a model that is not allowed counts under the one that it
 * would have got.
 */
function countedModelOf(
  deps: GatewayDeps,
  { profile, model }: Pick<ModelGrant, "profile" | "model">,
  requestedModel: string | null,
): string {
  if (profile === DEMO_PROFILE) return "demo";
  const config = configOf(deps.backends, profile);
  if (!config) return profile;
  const allowed = allowedModels(config, model);
  return requestedModel !== null && allowed.includes(requestedModel) ? requestedModel : (allowed[0] ?? profile);
}

async function listModels(deps: GatewayDeps, profile: string): Promise<ModelAnswer> {
  const model = countedModelOf(deps, { profile, model: null }, null);
  const list = { object: "list", data: [{ id: model, object: "model", owned_by: profile }], models: [] };
  return { status: 200, headers: { "content-type": "application/json" }, body: singleChunk(JSON.stringify(list)) };
}

export async function* singleChunk(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}
