import { initTRPC, TRPCError } from "@trpc/server";
import { TRPC_ERROR_CODES_BY_KEY } from "@trpc/server/rpc";
import { z } from "zod";
import { type ErrorBody, REASON_STATUS, type Reason } from "@/contract/errors";
import type { SignInMethods } from "@/contract/sso";
import { type Actor, hasScope, type ServiceContext } from "@/server/context";
import {
  AgentRunError,
  errorBody,
  ForbiddenError,
  findAgentRunError,
  InvalidInputError,
  toAgentRunError,
  UnauthenticatedError,
} from "@/server/errors";
import type { HealthSource } from "@/server/health";
import type { FailedSignIns } from "@/server/identity";
import type { Live } from "@/server/live";

/** What comes with a request. `service` is null until the caller is known. */
export type TrpcContext = {
  requestId: string;
  service: ServiceContext | null;
  /** Why the caller is not known, if it is more than a missing token. */
  fault?: AgentRunError;
  /** The feeds of this process; absent where nothing can be watched. */
  live?: Live;
  health?: HealthSource;
  signInMethods?: SignInMethods;
  /** Makes this process identify its callers anew, after a token was revoked. */
  forgetCallers?: () => void;
  /** The context for what happens before the caller is known: signing in from a command line. */
  anonymous?: () => ServiceContext;
  /** The request's address as this process saw it; absent if a page calls in process. */
  address?: string;
  /** Counts the wrong codes that were tried at each sign-in. */
  codeGuesses?: FailedSignIns;
};

/** Who may call a procedure. Every procedure has one; a test made from the router fails for a procedure without. */
export const ACCESS = [
  "public",
  "viewer",
  "operator",
  "admin",
  "launch",
  "runner",
  "archiver",
  "runner-or-archiver",
] as const;
export type Access = (typeof ACCESS)[number];
export type ProcedureMeta = { access: Access };

const TRPC_CODE: Record<(typeof REASON_STATUS)[keyof typeof REASON_STATUS], TRPCError["code"]> = {
  400: "BAD_REQUEST",
  401: "UNAUTHORIZED",
  403: "FORBIDDEN",
  404: "NOT_FOUND",
  405: "METHOD_NOT_SUPPORTED",
  409: "CONFLICT",
  410: "PRECONDITION_FAILED",
  413: "PAYLOAD_TOO_LARGE",
  415: "UNSUPPORTED_MEDIA_TYPE",
  429: "TOO_MANY_REQUESTS",
  500: "INTERNAL_SERVER_ERROR",
  502: "BAD_GATEWAY",
  503: "SERVICE_UNAVAILABLE",
  // tRPC has no code of its own for this status.
  507: "SERVICE_UNAVAILABLE",
};

const t = initTRPC
  .context<TrpcContext>()
  .meta<ProcedureMeta>()
  .create({
    isDev: false,
    errorFormatter({ shape, error, ctx }) {
      const fault = faultOf(error);
      const agentrun: ErrorBody = errorBody(fault, ctx?.requestId ?? "none");
      const httpStatus = REASON_STATUS[fault.reason];
      // Of a failed subscription tRPC would only say that it failed, and its clients would try again.
      const code = TRPC_CODE[httpStatus];
      return {
        code: TRPC_ERROR_CODES_BY_KEY[code],
        message: fault.message,
        data: { code, httpStatus, path: shape.data.path, agentrun },
      };
    },
    sse: { ping: { enabled: true, intervalMs: 15_000 }, client: { reconnectAfterInactivityMs: 40_000 } },
  });

/** Turns a tRPC error into ours: a service's own error, or what tRPC itself found wrong with the request. */
export function faultOf(error: TRPCError): AgentRunError {
  const ownError = findAgentRunError(error);
  if (ownError) return ownError;
  if (error.cause instanceof z.ZodError) return inputFault(error.cause);
  switch (error.code) {
    case "BAD_REQUEST":
    case "PARSE_ERROR":
      return new InvalidInputError("the request is not valid JSON of the expected shape");
    case "NOT_FOUND":
      return refusal("not-found", "there is no such procedure");
    case "METHOD_NOT_SUPPORTED":
      return refusal("method-not-allowed", "queries take GET, mutations POST");
    case "PAYLOAD_TOO_LARGE":
      return refusal("body-too-large", "the request body is too large");
    case "UNSUPPORTED_MEDIA_TYPE":
      return refusal("unsupported-media-type", "send application/json");
    default:
      return toAgentRunError(error.cause ?? error);
  }
}

function refusal(reason: Reason, message: string): AgentRunError {
  return new AgentRunError("schema-invalid", reason, message);
}

export function inputFault(error: z.ZodError): AgentRunError {
  const issues = error.issues
    .flatMap(nearest)
    .slice(0, 20)
    .map((issue) => ({ path: issue.path.join("."), message: issue.message }));
  const [first] = issues;
  const message = first ? `${first.path || "input"}: ${first.message}` : "the input is not valid";
  return new InvalidInputError(message, { issues });
}

/** For a value that fits no member of a union, returns the problems with the member that it comes nearest to. */
function nearest(issue: z.core.$ZodIssue): z.core.$ZodIssue[] {
  if (issue.code !== "invalid_union") return [issue];
  const [best] = issue.errors.filter((issues) => issues.length > 0).sort((left, right) => left.length - right.length);
  return best?.flatMap(nearest).map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] })) ?? [issue];
}

export const router = t.router;

/**
 * Maps errors in one place: procedures need no try/catch, and the message of an unknown error never leaves the process.
 */
const mapErrors = t.middleware(async (opts) => {
  const result = await opts.next();
  if (result.ok) return result;
  const fault = faultOf(result.error);
  const { log } = opts.ctx.service ?? opts.ctx.anonymous?.() ?? {};
  if (fault.reason === "unexpected") {
    log?.error({ err: fault.cause, path: opts.path, requestId: opts.ctx.requestId }, "unexpected error");
  }
  // A statement that is always too slow shows only in the log.
  if (fault.reason === "database-busy") log?.warn({ err: fault.cause, path: opts.path }, fault.message);
  throw new TRPCError({ code: TRPC_CODE[REASON_STATUS[fault.reason]], message: fault.message, cause: fault });
});

const ROLE_RANK = { viewer: 0, operator: 1, admin: 2 } as const;

const base = t.procedure.use(mapErrors);

/** Procedures that still accept a runner's token once its run or epoch has ended. */
const ANSWERED_AFTER_END = new Set(["runs.heartbeat", "runs.finish"]);

export type Admission = { ctx: TrpcContext; path: string; type: "query" | "mutation" | "subscription" };

/**
 * Admits a caller to a procedure, or throws why not. Every way to call a procedure comes through here, so that all
 * apply the same rules.
 */
export function admit(access: Exclude<Access, "public">, { ctx, path, type }: Admission): ServiceContext {
  const { service } = ctx;
  if (!service) throw ctx.fault ?? new UnauthenticatedError();
  admitScope(service.actor, path);
  if (isRole(access)) admitRole(service.actor, access);
  else admitToken(service.actor, access, { path, type });
  return service;
}

/** Refuses a token with scopes what its scopes do not name, whatever its role. It may always ask who it is. */
function admitScope(actor: Actor, path: string): void {
  const [group = ""] = path.split(".");
  if (actor.kind !== "operator" || path === "identity.me" || hasScope(actor, group)) return;
  throw new ForbiddenError(`this token's scopes are ${actor.scopes?.join(", ")}: ${path} is outside of them`);
}

function isRole(access: Exclude<Access, "public">): access is keyof typeof ROLE_RANK {
  return access in ROLE_RANK;
}

function admitRole(actor: Actor, role: keyof typeof ROLE_RANK): void {
  if (actor.kind === "launch" || actor.kind === "runner") throw new ForbiddenError("a runner's token cannot do this");
  if (actor.kind === "archiver") throw new ForbiddenError("an archiver's token cannot do this");
  if (actor.kind === "operator" && ROLE_RANK[actor.role] < ROLE_RANK[role]) {
    throw new ForbiddenError(`this needs the role ${role}; the token has ${actor.role}`);
  }
}

type TokenAccess = Exclude<Access, "public" | keyof typeof ROLE_RANK>;

/** Admits runners and archivers by their tokens, and operators, who may act for any runner. */
function admitToken(actor: Actor, access: TokenAccess, { path, type }: Omit<Admission, "ctx">): void {
  if (actor.kind === "archiver" && access !== "archiver" && access !== "runner-or-archiver")
    throw new ForbiddenError("an archiver's token cannot do this");
  if (access === "archiver" && actor.kind !== "archiver")
    throw new ForbiddenError("only an archiver's token can do this");
  if (actor.kind === "launch" && access !== "launch") throw new ForbiddenError("a launch token cannot do this");
  if (actor.kind === "runner" && actor.isEnded && !ANSWERED_AFTER_END.has(path)) {
    throw new UnauthenticatedError("this token ended with its run or lease: stop the agent");
  }
  // A viewer may read what a runner reads, and write nothing.
  if (actor.kind === "operator" && actor.role === "viewer" && type === "mutation") {
    throw new ForbiddenError("this needs the role operator; the token has viewer");
  }
}

function procedureFor(access: Exclude<Access, "public">) {
  return base.meta({ access }).use((opts) => opts.next({ ctx: { service: admit(access, opts) } }));
}

export const publicProcedure = base.meta({ access: "public" });
export const viewerProcedure = procedureFor("viewer");
export const operatorProcedure = procedureFor("operator");
export const adminProcedure = procedureFor("admin");
/** A runner with its launch or runner token, or an operator in its place. */
export const launchProcedure = procedureFor("launch");
export const runnerProcedure = procedureFor("runner");
export const archiverProcedure = procedureFor("archiver");
/** A caller that uploads what a volume holds: a runner, an operator in its place, or an archiver. */
export const runnerOrArchiverProcedure = procedureFor("runner-or-archiver");
