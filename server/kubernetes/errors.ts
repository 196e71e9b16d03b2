import { AgentRunError, type Passing } from "@/server/errors";

/**
 * What an answer of the Kubernetes API means for its caller. `unknown`: nobody knows whether the request was carried
 * out.
 */
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

/**
 * What has to change before a refused request can succeed. While an account's credentials are being renewed, every
 * request of it is refused for a moment as unauthenticated.
 */
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

/** A refusal or a silence of the Kubernetes API, in the cases that this program distinguishes. */
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
    const reason = error instanceof Error ? error.message : String(error);
    return new KubernetesError("unknown", `Kubernetes did not answer: ${what} (${reason}): try again`, {
      cause: error,
    });
  }
  const words = status?.message ?? `HTTP ${code}`;
  return new KubernetesError(toProblem(code, status), `Kubernetes refused: ${what}: ${words}`, {
    cause: error,
  });
}

/**
 * Messages of a namespace whose quota is used up or not counted yet; it passes when others end. Kubernetes answers 403
 * here too.
 */
const QUOTA = /exceeded quota: |status unknown for quota: /;

type Status = { reason?: string; message?: string };

function toProblem(code: number, status: Status | null): KubernetesProblem {
  if (code === 404) return "not-found";
  if (code === 409) return status?.reason === "AlreadyExists" ? "already-exists" : "conflict";
  if (code === 401) return "unauthenticated";
  if (code === 403) return QUOTA.test(status?.message ?? "") ? "quota" : "forbidden";
  if (code === 410) return "expired";
  if (code === 429) return "throttled";
  // A server that failed or was late may have carried out the request nevertheless.
  return code >= 500 || code === 408 ? "unknown" : "invalid";
}

/** The client passes a Status on as the text that it received. */
function readStatus(body: unknown): Status | null {
  if (typeof body !== "string") return (body as Status | undefined) ?? null;
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}
