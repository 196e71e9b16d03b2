import { type ErrorBody, REASON_STATUS } from "@/contract/errors";
import { type AgentRunError, errorBody } from "@/server/errors";
import type { TrpcContext } from "@/server/trpc/init";
import { callProcedure, faultFrom } from "./call";
import { readJsonBody, readQuery, withParams } from "./input";
import { createMatcher, methodNotAllowed, noSuchRoute } from "./match";
import { type Method, ROUTES } from "./routes";

export type RestRequest = {
  method: string;
  /** The path below `/api/v1`, still percent-encoded. */
  path: string;
  query: URLSearchParams;
  /** Reads the body once the route is known to take one. Throws what is wrong with it. */
  readBody: () => Promise<string>;
  signal?: AbortSignal;
};
export type RestAnswer = { status: number; headers: Record<string, string>; body: unknown };

const match = createMatcher(ROUTES);
const WITH_BODY: readonly Method[] = ["POST", "PATCH"];

/** Answers a REST request through the procedure behind its route. Never throws. */
export async function handleRest(request: RestRequest, ctx: TrpcContext): Promise<RestAnswer> {
  try {
    return { status: 200, headers: {}, body: await answer(request, ctx) };
  } catch (error) {
    return errorAnswer(faultFrom(error), ctx.requestId);
  }
}

async function answer(request: RestRequest, ctx: TrpcContext): Promise<unknown> {
  const matches = match(request.path);
  if (matches.length === 0) throw noSuchRoute(request.path);
  const method = request.method === "HEAD" ? "GET" : request.method;
  const found = matches.find(({ route }) => route.method === method);
  if (!found) throw methodNotAllowed(matches.map(({ route }) => route.method));
  const { route, params } = found;
  const input = WITH_BODY.includes(route.method)
    ? { ...readQuery(route.procedure, request.query), ...readJsonBody(await request.readBody()) }
    : readQuery(route.procedure, request.query);
  return callProcedure(route.procedure, withParams(input, params), { ctx, signal: request.signal });
}

/** Turns an error into a REST answer: its status, its headers and its body. */
export function errorAnswer(fault: AgentRunError, requestId: string): RestAnswer {
  const body: { error: ErrorBody } = { error: errorBody(fault, requestId) };
  const headers: Record<string, string> = {};
  const { allow, retryAfterSeconds } = fault.details ?? {};
  if (Array.isArray(allow)) headers.allow = allow.join(", ");
  if (typeof retryAfterSeconds === "number") headers["retry-after"] = String(retryAfterSeconds);
  return { status: REASON_STATUS[fault.reason], headers, body };
}
