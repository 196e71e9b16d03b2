import { AgentRunError, type Passing } from "@/server/errors";

/** What an answer of the Kubernetes API means for who asked. `unknown`: nobody knows whether it was done. */
export type KubernetesProblem =
  | "not-found"
  | "already-exists"
  | "conflict"
  | "quota"
  | "unauthenticated"
  | "forbidden"
  | "invalid"
  | "throttled"
  | "expired"
  | "unknown";

/** What passes by itself. An account whose credentials are being renewed is unknown for a moment, to every request. */
const PASSING: Record<KubernetesProblem, Passing | null> = {
  "not-found": null,
  "already-exists": "request",
  conflict: "request",
  quota: "request",
  unauthenticated: "server",
  forbidden: null,
  invalid: null,
  throttled: "server",
  expired: null,
  unknown: "server",
};

/** A refusal or a silence of the Kubernetes API, as this program branches on it. */
export class KubernetesError extends AgentRunError {
  constructor(
    readonly problem: KubernetesProblem,
    message: string,
    options?: ErrorOptions,
  ) {
    super("infra-failed", "executor-unavailable", message, { ...options, passing: PASSING[problem] });
  }
}

export function isKubernetesProblem(error: unknown, ...problems: KubernetesProblem[]): error is KubernetesError {
  return error instanceof KubernetesError && problems.includes(error.problem);
}

/** `what` names the call, such as "create PersistentVolumeClaim agentrun-1f3a". */
export function toKubernetesError(error: unknown, what: string): KubernetesError {
  if (error instanceof KubernetesError) return error;
  const { code, body } = error as { code?: unknown; body?: unknown };
  const status = readStatus(body);
  if (typeof code !== "number") {
    const why = error instanceof Error ? error.message : String(error);
    return new KubernetesError("unknown", `Kubernetes did not answer: ${what} (${why}): try again`, { cause: error });
  }
  const words = status?.message ?? `HTTP ${code}`;
  return new KubernetesError(problemOf(code, status), `Kubernetes refused: ${what}: ${words}`, {
    cause: error,
  });
}

/** Of a namespace whose quota is used up, or not counted yet: others that end make room. It is called forbidden, too. */
const QUOTA = /exceeded quota: |status unknown for quota: /;

type Status = { reason?: string; message?: string };

function problemOf(code: number, status: Status | null): KubernetesProblem {
  if (code === 404) return "not-found";
  if (code === 409) return status?.reason === "AlreadyExists" ? "already-exists" : "conflict";
  if (code === 401) return "unauthenticated";
  if (code === 403) return QUOTA.test(status?.message ?? "") ? "quota" : "forbidden";
  if (code === 410) return "expired";
  if (code === 429) return "throttled";
  // A server that failed or was late may have done it all the same.
  return code >= 500 || code === 408 ? "unknown" : "invalid";
}

/** The client hands a Status on as the text that came. */
function readStatus(body: unknown): Status | null {
  if (typeof body !== "string") return (body as Status | undefined) ?? null;
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}
