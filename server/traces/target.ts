import type { ServerEnv } from "@/contract/env";
import { VERSION } from "@/server/version";
import type { Attributes } from "./span";

/** Where traces are sent, and as whose. `headers` may open the collector: they are in no log and no error. */
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
 * Where the environment has traces sent; null: nowhere. `warning`: an address is named, and nothing is sent to it all
 * the same, since it is told to be spoken to in another way.
 */
export function traceTargetOf(env: ServerEnv): { target: TraceTarget | null; warning: string | null } {
  const nothing = { target: null, warning: null };
  const url = urlOf(env);
  const isOn = env.OTEL_TRACES_EXPORTER.split(",").some((name) => name.trim() === "otlp");
  if (url === null || !isOn || env.OTEL_SDK_DISABLED?.toLowerCase() === "true") return nothing;
  const [protocol, variable] = env.OTEL_EXPORTER_OTLP_TRACES_PROTOCOL
    ? [env.OTEL_EXPORTER_OTLP_TRACES_PROTOCOL, "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"]
    : [env.OTEL_EXPORTER_OTLP_PROTOCOL ?? PROTOCOL, "OTEL_EXPORTER_OTLP_PROTOCOL"];
  if (protocol !== PROTOCOL)
    return { ...nothing, warning: `no traces are sent: ${variable} is not ${PROTOCOL}, which alone is spoken here` };
  const target = {
    url,
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
  return { target, warning: null };
}

/** An address of traces is taken as it is, one of all signals is what their paths are added to. */
function urlOf(env: ServerEnv): string | null {
  if (env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT !== undefined) return env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT;
  if (env.OTEL_EXPORTER_OTLP_ENDPOINT === undefined) return null;
  const url = new URL(env.OTEL_EXPORTER_OTLP_ENDPOINT);
  url.pathname = url.pathname.replace(/\/$/, "") + PATH;
  return url.href;
}
