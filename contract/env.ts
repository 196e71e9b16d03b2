import { z } from "zod";
import { LEASE_MS_MAX, LEASE_MS_MIN } from "./run";

const Milliseconds = (min: number, max: number) => z.coerce.number().int().min(min).max(max);
/** A hundred years. */
const YEARS_MS_MAX = 100 * 365 * 86_400_000;
const Port = z.coerce.number().int().min(0).max(65_535);
const HttpUrl = z.url({ protocol: /^https?$/ });
const Secret = z.string().min(1);
/** A quantity as Kubernetes writes it, such as 250m or 2Gi. */
const Quantity = z.string().regex(/^[0-9]+(\.[0-9]+)?(m|k|M|G|T|Ki|Mi|Gi|Ti)?$/, "a quantity such as 250m or 2Gi");

const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9a-z-]+$/i;
/** Comma-separated `key=value` with percent-encoded values, as OpenTelemetry writes headers and attributes. */
const Pairs = z.string().transform((list, { issues, value }) => {
  const pairs = list.split(",").flatMap((part) => (part.trim() === "" ? [] : [readPair(part)]));
  if (pairs.some(([name, text]) => name === "" || /\p{Cc}/u.test(text)))
    issues.push({ code: "custom", message: "comma-separated key=value", input: value });
  return Object.fromEntries(pairs);
});
const Headers = Pairs.refine((headers) => Object.keys(headers).every((name) => HEADER_NAME.test(name)), {
  error: "comma-separated name=value, each name a header's",
}).refine((headers) => Object.values(headers).every((text) => /^[\x20-\xff]*$/.test(text)), {
  error: "a header's value has no letters but those of Latin",
});

function readPair(part: string): [string, string] {
  const at = part.indexOf("=");
  if (at === -1) return ["", ""];
  const [name, value] = [part.slice(0, at), part.slice(at + 1).trim()];
  try {
    return [name.trim(), decodeURIComponent(value)];
  } catch {
    // Many people write such a value without encoding it.
    return [name.trim(), value];
  }
}

export const LOG_LEVELS = ["fatal", "error", "warn", "info", "debug", "trace", "silent"] as const;
export const EXECUTOR_KINDS = ["local", "kubernetes", "none"] as const;
export const VOLUMES_KINDS = ["local", "kubernetes"] as const;

/** The environment variables that every process of the product reads; docs/CONFIGURATION.md describes each. */
export const SharedEnv = z.object({
  PORT: Port.default(3000),
  HOST: z.string().min(1).default("127.0.0.1"),
  AGENTRUN_DATA_DIR: z.string().min(1).default(".agentrun"),
  AGENTRUN_PUBLIC_URL: HttpUrl.optional(),
  AGENTRUN_ADMIN_TOKEN: Secret.optional(),
  AGENTRUN_CRON_SECRET: Secret.optional(),
  AGENTRUN_EXECUTOR: z.enum(EXECUTOR_KINDS).default("local"),
  AGENTRUN_VOLUMES: z.enum(VOLUMES_KINDS).default("local"),
  AGENTRUN_ARCHIVE: z.string().min(1).optional(),
  AGENTRUN_DEMO: z.enum(["on", "off"]).default("on"),
  /** Folders, separated as in PATH. */
  AGENTRUN_WORKSPACE_ROOTS: z.string().optional(),
  AGENTRUN_NAMESPACE: z.string().min(1).default("default"),
  AGENTRUN_STORAGE_CLASS: z.string().min(1).optional(),
  AGENTRUN_STORAGE_ACCESS_MODE: z.enum(["ReadWriteOncePod", "ReadWriteOnce"]).default("ReadWriteOncePod"),
  AGENTRUN_STORAGE_SIZE_BYTES: z.coerce
    .number()
    .int()
    .min(64 * 1024 ** 2)
    .default(10 * 1024 ** 3),
  AGENTRUN_RUNNER_IMAGE: z.string().min(1).optional(),
  AGENTRUN_RUNNER_IMAGE_PULL_POLICY: z.enum(["IfNotPresent", "Always", "Never"]).default("IfNotPresent"),
  AGENTRUN_RUNNER_SERVICE_ACCOUNT: z.string().min(1).optional(),
  AGENTRUN_RUNNER_CPU: Quantity.default("250m"),
  AGENTRUN_RUNNER_MEMORY: Quantity.default("2Gi"),
  AGENTRUN_NETWORK_PROBE: z
    .string()
    .regex(/^[^\s:][^\s]*:\d+$/, "host:port")
    .optional(),
  AGENTRUN_RUNNER_DEADLINE_SECONDS: z.coerce.number().int().min(60).default(86_400),
  AGENTRUN_LAUNCH_MAX_MS: Milliseconds(1_000, 86_400_000).default(1_800_000),
  AGENTRUN_LEASE_MS: Milliseconds(LEASE_MS_MIN, LEASE_MS_MAX).default(20_000),
  AGENTRUN_STUCK_AFTER_MS: Milliseconds(1_000, 86_400_000).default(600_000),
  AGENTRUN_RUNNERS_MAX: z.coerce.number().int().min(1).max(100_000).default(32),
  AGENTRUN_SESSION_GC_INTERVAL_MS: Milliseconds(1_000, 86_400_000).default(300_000),
  AGENTRUN_SESSION_IDLE_TTL_MS: Milliseconds(60_000, YEARS_MS_MAX).optional(),
  AGENTRUN_SESSION_GC_DAILY_MAX: z.coerce.number().int().min(1).default(500),
  AGENTRUN_SESSION_GC_BREAKER_MIN: z.coerce.number().int().min(0).default(200),
  AGENTRUN_SESSION_GC_BREAKER_PERCENT: z.coerce.number().min(1).max(100).default(20),
  AGENTRUN_ARCHIVE_KEEP: z.coerce.number().int().min(1).max(100).default(2),
  AGENTRUN_ARCHIVE_RETENTION_MS: Milliseconds(60_000, YEARS_MS_MAX).optional(),
  AGENTRUN_ARCHIVE_RETENTION_DAYS: z.coerce.number().int().min(1).max(36_500).optional(),
  AGENTRUN_SESSION_IMAGES_BYTES_MAX: z.coerce.number().int().min(1_024).default(209_715_200),
  AGENTRUN_TASK_IMAGES_BYTES_MAX: z.coerce.number().int().min(1_024).default(1_073_741_824),
  AGENTRUN_CODEX_PATH: z.string().min(1).optional(),
  AGENTRUN_BACKENDS: z.string().min(1).optional(),
  AGENTRUN_SSO: z.string().min(1).optional(),
  AGENTRUN_MODEL_CALLS_PER_RUN_MAX: z.coerce.number().int().min(1).max(10_000).default(64),
  AGENTRUN_MODEL_BYTES_PER_RUN_MAX: z.coerce.number().int().min(1_024).default(134_217_728),
  AGENTRUN_BACKEND_PROBE_INTERVAL_MS: Milliseconds(1_000, 86_400_000).default(300_000),
  LOG_LEVEL: z.enum(LOG_LEVELS).default("info"),
  // OpenTelemetry's own names, which a platform may set for everything it runs. They are validated only where traces
  // are sent.
  OTEL_SDK_DISABLED: z.string().optional(),
  OTEL_TRACES_EXPORTER: z.string().default("otlp"),
  OTEL_EXPORTER_OTLP_ENDPOINT: z.string().optional(),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: z.string().optional(),
  OTEL_EXPORTER_OTLP_HEADERS: z.string().optional(),
  OTEL_EXPORTER_OTLP_TRACES_HEADERS: z.string().optional(),
  OTEL_EXPORTER_OTLP_PROTOCOL: z.string().optional(),
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: z.string().optional(),
  OTEL_EXPORTER_OTLP_COMPRESSION: z.string().optional(),
  OTEL_EXPORTER_OTLP_TRACES_COMPRESSION: z.string().optional(),
  OTEL_EXPORTER_OTLP_TIMEOUT: z.string().optional(),
  OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: z.string().optional(),
  OTEL_SERVICE_NAME: z.string().optional(),
  OTEL_RESOURCE_ATTRIBUTES: z.string().optional(),
});
export type SharedEnv = z.infer<typeof SharedEnv>;

/** An address whose user name and password, if any, are percent-encoded the way they are sent. */
const CollectorUrl = HttpUrl.refine((url) => {
  try {
    const { username, password } = new URL(url);
    for (const part of [username, password]) decodeURIComponent(part);
    return true;
  } catch {
    return false;
  }
}, "name and password must be percent-encoded");

/** The settings that apply once traces are sent. */
export const TraceEnv = z.object({
  OTEL_EXPORTER_OTLP_ENDPOINT: CollectorUrl.optional(),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: CollectorUrl.optional(),
  OTEL_EXPORTER_OTLP_HEADERS: Headers.optional(),
  OTEL_EXPORTER_OTLP_TRACES_HEADERS: Headers.optional(),
  OTEL_EXPORTER_OTLP_COMPRESSION: z.enum(["none", "gzip"]).optional(),
  OTEL_EXPORTER_OTLP_TRACES_COMPRESSION: z.enum(["none", "gzip"]).optional(),
  OTEL_EXPORTER_OTLP_TIMEOUT: Milliseconds(1, 60_000).optional(),
  OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: Milliseconds(1, 60_000).optional(),
  OTEL_SERVICE_NAME: z.string().min(1).max(255).optional(),
  OTEL_RESOURCE_ATTRIBUTES: Pairs.optional(),
});
export type TraceEnv = z.infer<typeof TraceEnv>;

/** The variables of web and worker. The supervisor provides the database's address when it runs the database itself. */
export const ServerEnv = SharedEnv.extend({
  DATABASE_URL: z.string().regex(/^postgres(ql)?:\/\//, "a postgres:// URL"),
  /** The address at which runners reach web; loopback on a single machine. */
  AGENTRUN_RUNNER_URL: HttpUrl.optional(),
  /**
   * Settings of an S3-compatible server, under the names that AWS's own clients read. The client reads the credentials
   * itself.
   */
  AWS_ENDPOINT_URL_S3: HttpUrl.optional(),
  AWS_ENDPOINT_URL: HttpUrl.optional(),
  AWS_REGION: z.string().min(1).optional(),
  AGENTRUN_HEARTBEAT_FILE: z.string().min(1).optional(),
  AGENTRUN_SOURCE_COMMIT: z.string().min(1).default("unknown"),
  PATH: z.string().default(""),
});
export type ServerEnv = z.infer<typeof ServerEnv>;

/**
 * Parses an environment with a schema. A variable set to the empty string counts as absent. The error names each
 * invalid variable and never includes its value.
 */
export function parseEnv<Schema extends z.ZodType>(
  schema: Schema,
  env: Record<string, string | undefined>,
): z.infer<Schema> {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ""));
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => {
    const name = issue.path.join(".");
    const isAbsent = !(name in given);
    return `${name}: ${isAbsent ? "is required" : issue.message}`;
  });
  throw new Error(`the environment is not valid: ${problems.join("; ")}`);
}
