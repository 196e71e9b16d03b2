import { AgentRunError } from "@/server/errors";

/** What an answer of the Kubernetes API means for who asked. `unknown`: nobody knows whether it was done. */
export type KubernetesProblem =
  | "not-found"
  | "already-exists"
  | "conflict"
  | "forbidden"
  | "invalid"
  | "throttled"
  | "expired"
  | "unknown";

/** A refusal or a silence of the Kubernetes API, as this program branches on it. */
export class KubernetesError extends AgentRunError {
  constructor(
    readonly problem: KubernetesProblem,
    message: string,
    options?: ErrorOptions,
  ) {
    super("infra-failed", "executor-unavailable", message, options);
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
  return new KubernetesError(problemOf(code, status?.reason), `Kubernetes refused: ${what}: ${words}`, {
    cause: error,
  });
}

function problemOf(code: number, reason: string | undefined): KubernetesProblem {
  if (code === 404) return "not-found";
  if (code === 409) return reason === "AlreadyExists" ? "already-exists" : "conflict";
  if (code === 401 || code === 403) return "forbidden";
  if (code === 410) return "expired";
  if (code === 429) return "throttled";
  // A server that failed may have done it all the same.
  return code >= 500 ? "unknown" : "invalid";
}

/** The client hands a Status on as the text that came. */
function readStatus(body: unknown): { reason?: string; message?: string } | null {
  if (typeof body !== "string") return (body as { reason?: string; message?: string } | undefined) ?? null;
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}
