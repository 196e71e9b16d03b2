import { TRPCError } from "@trpc/server";
import { REASON_STATUS } from "@/contract/errors";
import { AgentRunError, errorBody, InvalidInputError, toAgentRunError } from "@/server/errors";
import { createCallerFactory, faultOf, type TrpcContext } from "@/server/trpc/init";
import { appRouter } from "@/server/trpc/root";
import { inputSchemaOf } from "./input-schema";
import { matchRoute } from "./match";
import type { Route } from "./routes";

export type RestRequest = {
  method: string;
  /** Below /api/v1, still encoded. */
  path: string;
  query: URLSearchParams;
  contentType: string | undefined;
  /** The whole body, already bounded; empty when there is none. */
  body: string;
};
export type RestAnswer = { status: number; headers: Record<string, string>; body: unknown };

const createCaller = createCallerFactory(appRouter);

/** Answers one REST request by its procedure. Never throws: what goes wrong is an answer with the error's shape. */
export async function answerRest(ctx: TrpcContext, request: RestRequest): Promise<RestAnswer> {
  try {
    const match = matchRoute(request.method, request.path);
    if (match.kind === "none") throw refusal("not-found", `there is no ${request.method} /api/v1${request.path}`);
    if (match.kind === "method") {
      const fault = refusal("method-not-allowed", `this path takes ${match.allowed.join(", ")}`);
      return errorAnswer(fault, ctx.requestId, { allow: match.allowed.join(", ") });
    }
    const input = inputOf(match.route, match.parameters, request);
    return { status: 200, headers: {}, body: await call(ctx, match.route, input) };
  } catch (error) {
    return errorAnswer(faultFrom(error), ctx.requestId);
  }
}

export function errorAnswer(fault: AgentRunError, requestId: string, headers: Record<string, string> = {}): RestAnswer {
  return { status: REASON_STATUS[fault.reason], headers, body: { error: errorBody(fault, requestId) } };
}

function faultFrom(error: unknown): AgentRunError {
  if (error instanceof TRPCError) return faultOf(error);
  if (error instanceof URIError) return new InvalidInputError("the path is not valid percent-encoding");
  return toAgentRunError(error);
}

function refusal(
  reason: "not-found" | "method-not-allowed" | "unsupported-media-type",
  message: string,
): AgentRunError {
  return new AgentRunError("schema-invalid", reason, message);
}

/** The caller is a proxy over the router, so that a procedure is found by its name. */
async function call(ctx: TrpcContext, route: Route, input: unknown): Promise<unknown> {
  const [aggregate = "", verb = ""] = route.procedure.split(".");
  const caller = createCaller(ctx) as unknown as Record<string, Record<string, (input: unknown) => Promise<unknown>>>;
  const procedure = caller[aggregate]?.[verb];
  if (!procedure) throw new Error(`the route ${route.path} names no procedure: ${route.procedure}`);
  return procedure(input);
}

function inputOf(route: Route, parameters: Record<string, string>, request: RestRequest): unknown {
  const given = route.method === "GET" || route.method === "DELETE" ? queryOf(route, request.query) : bodyOf(request);
  for (const name of Object.keys(parameters)) {
    if (Object.hasOwn(given, name) && given[name] !== parameters[name]) {
      throw new InvalidInputError(`${name}: the path says ${parameters[name]}`);
    }
  }
  const input = { ...given, ...parameters };
  // A procedure without input takes none, and one whose input is all optional takes an empty one.
  return inputSchemaOf(route.procedure) === null && Object.keys(input).length === 0 ? undefined : input;
}

/** A query holds text alone: what the input's schema calls a number or a boolean is read as one. */
function queryOf(route: Route, query: URLSearchParams): Record<string, unknown> {
  const properties = inputSchemaOf(route.procedure)?.properties ?? {};
  const input: Record<string, unknown> = {};
  for (const name of new Set(query.keys())) {
    const [text = "", ...more] = query.getAll(name);
    if (more.length > 0) throw new InvalidInputError(`${name}: given more than once`);
    const type = properties[name]?.type;
    if ((type === "integer" || type === "number") && /^-?\d+(?:\.\d+)?$/.test(text)) input[name] = Number(text);
    else if (type === "boolean" && (text === "true" || text === "false")) input[name] = text === "true";
    else input[name] = text;
  }
  return input;
}

function bodyOf(request: RestRequest): Record<string, unknown> {
  if (request.body === "") return {};
  if (!/^application\/json\s*(?:;|$)/i.test(request.contentType ?? "")) {
    throw refusal("unsupported-media-type", "send application/json");
  }
  let body: unknown;
  try {
    body = JSON.parse(request.body);
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof RangeError)) throw error;
    throw new InvalidInputError("the body is not valid JSON");
  }
  if (typeof body !== "object" || body === null || Array.isArray(body))
    throw new InvalidInputError("the body must be a JSON object");
  return body as Record<string, unknown>;
}
