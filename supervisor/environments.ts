import { readFile } from "node:fs/promises";
import { z } from "zod";
import { BackendsFile } from "@/contract/backend";
import { jsonIn } from "@/contract/json-in";
import { SsoFile } from "@/contract/sso";
import type { Secrets } from "./data-folder/secrets";
import type { SupervisorConfig } from "./env";

/** What any program needs in order to run. */
const BASE_VARIABLES = [
  "PATH",
  "HOME",
  "USER",
  "LANG",
  "LC_ALL",
  "TZ",
  "TMPDIR",
  "NODE_EXTRA_CA_CERTS",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
];
const PROXY_VARIABLES = ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"];
const SERVER_VARIABLES = /^(AGENTRUN_|KUBERNETES_|AWS_|KUBECONFIG$|LOG_LEVEL$)/;
/** The sender of traces holds the credentials for the collector. */
const WORKER_VARIABLES = /^OTEL_/;
/** Only web checks these and signs people in. */
const WEB_ONLY = new Set(["AGENTRUN_ADMIN_TOKEN", "AGENTRUN_CRON_SECRET", "AGENTRUN_SSO"]);

export interface ChildEnvironments {
  web: NodeJS.ProcessEnv;
  worker: NodeJS.ProcessEnv;
  /** What a runner gets in addition to its attempt's own variables. */
  runner: NodeJS.ProcessEnv;
}

export interface EnvironmentParts {
  config: SupervisorConfig;
  secrets: Secrets;
  databaseUrl: string;
  port: number;
  /** The address at which the worker and runners of this machine reach web. */
  url: string;
  distDir: string;
}

/**
 * Builds each child's environment explicitly: a provider's key reaches web only, and a runner gets no secret at all.
 */
export async function buildEnvironments(parts: EnvironmentParts): Promise<ChildEnvironments> {
  const { config, secrets } = parts;
  const source = config.processEnv;
  const backends = await readConfigFile("AGENTRUN_BACKENDS", config.backendsFile, BackendsFile);
  const sso = await readConfigFile("AGENTRUN_SSO", config.ssoFile, SsoFile);
  const webKeyVariables = [...Object.values(backends ?? {}), ...(sso ? [sso] : [])].flatMap(
    ({ keyEnv }) => keyEnv ?? [],
  );
  const isWebOnly = (name: string) => WEB_ONLY.has(name) || webKeyVariables.includes(name);
  const base: NodeJS.ProcessEnv = {
    ...pick(source, BASE_VARIABLES),
    NODE_ENV: parts.config.isDevelopment ? "development" : "production",
  };
  const shared: NodeJS.ProcessEnv = {
    ...base,
    ...pick(source, PROXY_VARIABLES),
    ...pick(
      source,
      Object.keys(source).filter((name) => SERVER_VARIABLES.test(name) && !isWebOnly(name)),
    ),
    PORT: String(parts.port),
    HOST: config.host,
    DATABASE_URL: parts.databaseUrl,
    AGENTRUN_DATA_DIR: config.dataDir,
    AGENTRUN_RUNNER_URL: source.AGENTRUN_RUNNER_URL || parts.url,
  };
  return {
    web: {
      ...shared,
      ...pick(source, webKeyVariables),
      ...pick(source, ["AGENTRUN_CRON_SECRET", "AGENTRUN_SSO"]),
      NEXT_TELEMETRY_DISABLED: "1",
      AGENTRUN_ADMIN_TOKEN: config.adminToken ?? secrets.adminToken,
      // Next's development server keeps its usual folder, which tsconfig.json names.
      ...(config.isDevelopment ? {} : { AGENTRUN_DIST_DIR: parts.distDir }),
    },
    worker: {
      ...shared,
      ...pick(
        source,
        Object.keys(source).filter((name) => WORKER_VARIABLES.test(name)),
      ),
    },
    runner: {
      ...base,
      // XDG_CONFIG_HOME says where this person's logins are, which a runner hides from its agent.
      ...pick(source, ["GIT_SSL_CAINFO", "AGENTRUN_SOURCE_COMMIT", "XDG_CONFIG_HOME"]),
      ...withoutCredentials(pick(source, PROXY_VARIABLES)),
    },
  };
}

/** Reads a configuration file, which names the variables that hold keys. */
async function readConfigFile<Schema extends z.ZodType>(
  variable: string,
  file: string | null,
  schema: Schema,
): Promise<z.output<Schema> | null> {
  if (file === null) return null;
  const text = await readFile(file, "utf8").catch((cause: Error) => {
    throw new Error(`${variable}: cannot read ${file}`, { cause });
  });
  // The parser's own message would quote the file.
  const parsed = schema.safeParse(jsonIn(text));
  if (!parsed.success) throw new Error(`${variable}: ${file} cannot be used: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

function pick(source: NodeJS.ProcessEnv, names: string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = source[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** In some sandboxes an agent's tools can read the runner's environment, so it must not contain a proxy's password. */
function withoutCredentials(proxies: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(proxies).filter(([, value]) => !value.includes("@")));
}
