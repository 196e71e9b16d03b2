import type { Logger } from "pino";
import { type BackendConfig, type BackendsFile, DEMO_PROFILE } from "@/contract/backend";
import type { Db } from "@/db/client";
import { type ProviderLimit, type ReadVariable, readKey } from "@/server/backends";
import { AgentRunError, ForbiddenError, NotFoundError, RateLimitedError, UnauthenticatedError } from "@/server/errors";
import { findModelGrant, type ModelGrant } from "@/server/identity";
import type { CallRecorder } from "@/server/usage";
import { boundsOf } from "./bounds";
import { askByChat, dialectOf } from "./chat";
import { answerByDemo } from "./demo";
import { logBodies } from "./log-bodies";
import { askProvider } from "./provider";
import { modelAsked, recordAnswer } from "./record-answer";
import type { Provider } from "./send";
import { unavailable } from "./unavailable";

export type GatewayDeps = {
  db: Db;
  log: Logger;
  backends: BackendsFile;
  readVariable: ReadVariable;
  isDemoOn: boolean;
  calls: CallRecorder;
  /** Counts a call of a run; null, or the seconds to wait when it is one too many. */
  takeCall: (runId: string) => number | null;
  onLimited: (profile: string, limit: ProviderLimit) => void;
  onTaken: (profile: string) => void;
};

export type ModelRequest = {
  profile: string;
  /** What follows `/v1/`. */
  resource: string;
  method: string;
  token: string | null;
  body: string;
  headers: { get(name: string): string | null };
  signal: AbortSignal;
};
export type ModelAnswer = { status: number; headers: Record<string, string>; body: AsyncIterable<Uint8Array> };

/**
 * Answers an agent's request to its model. The caller's token opens one profile while its run is held, and nothing else;
 * the provider's key is added here and never leaves this process but to the provider.
 */
export async function answerModel(deps: GatewayDeps, request: ModelRequest): Promise<ModelAnswer> {
  const grant = request.token === null ? null : await findModelGrant(deps.db, request.token);
  if (!grant) throw new UnauthenticatedError("this model token is unknown or has ended with its run");
  if (grant.profile !== request.profile) throw new NotFoundError("model of profile", request.profile);
  if (request.resource === "models" && request.method === "GET") return listModels(deps, grant.profile);
  if (request.resource !== "responses") throw new NotFoundError("model resource", request.resource);
  if (request.method !== "POST")
    throw new AgentRunError("schema-invalid", "method-not-allowed", "responses takes POST", {
      details: { allow: ["POST"] },
    });
  const { tenantId, projectId, runId, sessionId, taskId, profile } = grant;
  // Before anything is kept of it: what is too much must cost nothing.
  const waitSeconds = deps.takeCall(runId);
  if (waitSeconds !== null)
    throw new RateLimitedError(`run ${runId} calls its model too often: try again in ${waitSeconds} s`, waitSeconds);
  const asked = modelAsked(request.body);
  const call = deps.calls.begin({
    ...{ tenantId, projectId, runId, sessionId, taskId, backendProfile: profile },
    model: asked ?? modelOf(deps, profile),
  });
  const answer = await recordAnswer(call, request.signal, () => askModel(deps, { grant, asked, request }));
  return grant.isLogged ? logBodies(deps.log, grant, request.body, answer) : answer;
}

type Asked = { grant: ModelGrant; asked: string | null; request: ModelRequest };

async function askModel(deps: GatewayDeps, { grant, asked, request }: Asked): Promise<ModelAnswer> {
  const { profile } = grant;
  if (profile === DEMO_PROFILE && deps.isDemoOn) return answerByDemo(request.body, request.signal);
  const config = Object.hasOwn(deps.backends, profile) ? deps.backends[profile] : undefined;
  if (!config)
    throw unavailable(`no model is configured for profile ${profile}: name it in the file of AGENTRUN_BACKENDS`);
  assertModel(config, grant, asked);
  const key = await readKey(config, deps.readVariable);
  if (key === null && (config.keyFile ?? config.keyEnv) !== undefined) throw unavailable(missingKey(profile, config));
  const provider: Provider = {
    ...{ profile, baseUrl: config.baseUrl, key, log: deps.log, bounds: boundsOf(config) },
    onLimited: (limit) => deps.onLimited(profile, limit),
    onTaken: () => deps.onTaken(profile),
  };
  if (config.wire === "chat") return askByChat(provider, dialectOf(profile, config), request);
  return askProvider(provider, request);
}

/** A run's token spends on its own model, and on none that it was not given. */
function assertModel(config: BackendConfig, { profile, model }: ModelGrant, asked: string | null): void {
  const allowed = [model ?? config.model, ...(config.models ?? [])];
  if (asked !== null && allowed.includes(asked)) return;
  throw new ForbiddenError(
    `this run may ask model ${allowed.join(" or ")} of profile ${profile}: the request names ${asked ?? "none"}`,
  );
}

function missingKey(profile: string, { keyEnv, keyFile }: BackendConfig): string {
  if (keyFile !== undefined) return `profile ${profile}: the file that holds its key is not there, or empty`;
  return `profile ${profile}: the variable ${keyEnv} that holds its key is not set in web's environment`;
}

/** The model of a profile, where nobody asks for another. */
function modelOf(deps: GatewayDeps, profile: string): string {
  return profile === DEMO_PROFILE ? "demo" : (deps.backends[profile]?.model ?? profile);
}

async function listModels(deps: GatewayDeps, profile: string): Promise<ModelAnswer> {
  const model = modelOf(deps, profile);
  const list = { object: "list", data: [{ id: model, object: "model", owned_by: profile }], models: [] };
  return { status: 200, headers: { "content-type": "application/json" }, body: once(JSON.stringify(list)) };
}

export async function* once(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}
