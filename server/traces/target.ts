import { parseEnv, type ServerEnv, TraceEnv } from "@/contract/env";
import { VERSION } from "@/server/version";
import type { Attributes } from "./span";

/**
 * Where traces are sent, and with which identity. `headers` may hold the collector's credentials, so they appear in no
 * log and no error.
 */
export type TraceTarget = {
  url: string;
  headers: Record<string, string>;
  timeoutMs: number;
  isCompressed: boolean;
  resource: Attributes;
};

const TIMEOUT_MS = 10_000;
const PATH = "/v1/traces";
const PROTOCOL = "http/json";

/**
 * Returns where the environment says to send traces; a null target: nowhere. `warning`: an address is given, and still
 * nothing is sent to it. Traces are sent only if the protocol is set to JSON: without a protocol OpenTelemetry means
 * another one, and an address that a platform sets for everything it runs is not a request for these traces.
 */
export function traceTargetOf(env: ServerEnv): { target: TraceTarget | null; warning: string | null } {
  const none = { target: null, warning: null };
  const isAsked = env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT !== undefined || env.OTEL_EXPORTER_OTLP_ENDPOINT !== undefined;
  const isOn = env.OTEL_TRACES_EXPORTER.split(",").some((name) => name.trim() === "otlp");
  if (!isAsked || !isOn || env.OTEL_SDK_DISABLED?.toLowerCase() === "true") return none;
  const [protocol, variable] =
    env.OTEL_EXPORTER_OTLP_TRACES_PROTOCOL === undefined
      ? [env.OTEL_EXPORTER_OTLP_PROTOCOL, "OTEL_EXPORTER_OTLP_PROTOCOL"]
      : [env.OTEL_EXPORTER_OTLP_TRACES_PROTOCOL, "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"];
  if (protocol !== PROTOCOL)
    return { ...none, warning: `no traces are sent: ${variable} is not ${PROTOCOL}, which alone is spoken here` };
  try {
    const names = Object.keys(TraceEnv.shape) as (keyof TraceEnv)[];
    const variables = Object.fromEntries(names.map((name) => [name, env[name]]));
    return { target: targetIn(parseEnv(TraceEnv, variables)), warning: null };
  } catch (error) {
    // With the variables' names, never their values. Agents work without traces.
    return { ...none, warning: `no traces are sent: ${error instanceof Error ? error.message : String(error)}` };
  }
}

function targetIn(env: TraceEnv): TraceTarget {
  return {
    url: urlIn(env),
    headers: { ...env.OTEL_EXPORTER_OTLP_HEADERS, ...env.OTEL_EXPORTER_OTLP_TRACES_HEADERS },
    timeoutMs: env.OTEL_EXPORTER_OTLP_TRACES_TIMEOUT ?? env.OTEL_EXPORTER_OTLP_TIMEOUT ?? TIMEOUT_MS,
    isCompressed: (env.OTEL_EXPORTER_OTLP_TRACES_COMPRESSION ?? env.OTEL_EXPORTER_OTLP_COMPRESSION) === "gzip",
    resource: {
      "service.name": "agentrun",
      "service.version": VERSION,
      ...env.OTEL_RESOURCE_ATTRIBUTES,
      ...(env.OTEL_SERVICE_NAME === undefined ? {} : { "service.name": env.OTEL_SERVICE_NAME }),
    },
  };
}

/** An address for traces is used as it is; to an address for all signals the traces' path is added. */
function urlIn({
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: own,
  OTEL_EXPORTER_OTLP_ENDPOINT: shared = "",
}: TraceEnv): string {
  if (own !== undefined) return own;
  const url = new URL(shared);
  url.pathname = url.pathname.replace(/\/$/, "") + PATH;
  return url.href;
}
