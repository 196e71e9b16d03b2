import type { Actor } from "@/server/context";
import { type AgentRunError, RateLimitedError, toAgentRunError, UnauthenticatedError } from "@/server/errors";
import { assertOwnOrigin, readBearer, readCookie } from "@/server/identity";
import type { TrpcContext } from "@/server/trpc/init";
import type { Wiring } from "@/server/wiring";
import type { HeaderReader } from "./exchange";

/** The actor of a sign-in, before anybody is known to call. */
export const ANONYMOUS: Actor = { kind: "system", name: "sign-in", tenantId: null };

export type CallRequest = { method: string; headers: HeaderReader; requestId: string };

/**
 * Finds out who calls and returns the context for procedures. Never throws: a problem with the caller is reported by
 * the procedure that is called, so that the health record can be read with any token.
 */
export async function contextOf(wiring: Wiring, request: CallRequest): Promise<TrpcContext> {
  const { requestId } = request;
  const forgetCallers = () => wiring.authenticator.forget();
  const signInMethods = { sso: wiring.sso && { label: wiring.sso.file.label } };
  const anonymous = () => wiring.serviceFor(ANONYMOUS, requestId);
  const { live, health, codeGuesses } = wiring;
  const shared = { requestId, live, health, signInMethods, forgetCallers, anonymous, codeGuesses };
  try {
    const actor = await findActor(wiring, request);
    return { ...shared, service: actor && wiring.serviceFor(actor, requestId) };
  } catch (error) {
    const fault: AgentRunError = toAgentRunError(error);
    if (fault.reason === "unexpected")
      wiring.log.error({ err: fault.cause, requestId }, "could not identify the caller");
    return { ...shared, service: null, fault };
  }
}

/**
 * The same for a request to the API, which counts against its caller's limit. A request over the limit has no caller,
 * and the fault says why.
 */
export async function limitedContextOf(wiring: Wiring, request: CallRequest & { address: string }) {
  const ctx = { ...(await contextOf(wiring, request)), address: request.address };
  // While no caller can be identified, everybody is answered with the database's outage.
  if (ctx.fault?.failureKind === "infra-failed") return ctx;
  const retryAfterSeconds = wiring.requestLimits.take(ctx.service?.actor ?? null, request.address);
  if (retryAfterSeconds === null) return ctx;
  const fault = new RateLimitedError(`too many requests: try again in ${retryAfterSeconds} s`, retryAfterSeconds);
  return { ...ctx, service: null, fault };
}

async function findActor(wiring: Wiring, { method, headers }: CallRequest) {
  const authorization = headers.get("authorization");
  const cookie = authorization === null ? readCookie(headers.get("cookie")) : null;
  // A page of another site can make a browser send a cookie, but never a header of its own choice.
  if (authorization === null) {
    const origin = {
      method,
      origin: headers.get("origin"),
      fetchSite: headers.get("sec-fetch-site"),
      host: headers.get("host"),
    };
    assertOwnOrigin(origin, wiring.settings.publicUrl, cookie !== null);
  }
  const token = authorization === null ? cookie : readBearer(authorization);
  if (authorization !== null && token === null)
    throw new UnauthenticatedError("the Authorization header is not of the form: Bearer TOKEN");
  if (token === null) return null;
  const actor = await wiring.authenticator.actorOf(token);
  if (!actor) throw new UnauthenticatedError("this token is unknown or has ended: sign in again");
  return actor;
}
