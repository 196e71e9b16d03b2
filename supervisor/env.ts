import path from "node:path";
import { z } from "zod";
import { parseEnv, SharedEnv } from "@/contract/env";

/** Covers the product's whole environment, so that a wrong variable stops the start before anything runs. */
const SupervisorEnv = SharedEnv.extend({
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, "a postgres:// URL")
    .optional(),
  NODE_ENV: z.string().optional(),
});

export interface SupervisorConfig {
  /** 0: any free port. */
  port: number;
  host: string;
  /** null: the data folder's own PostgreSQL. */
  databaseUrl: string | null;
  dataDir: string;
  /** A folder, or a bucket as `s3://…`; null: in the data folder. */
  archiveLocation: string | null;
  adminToken: string | null;
  backendsFile: string | null;
  ssoFile: string | null;
  isDevelopment: boolean;
  /** Whether the terminal shows as much as the log file: set where somebody has set the log level. */
  showsDetails: boolean;
  /** The whole environment, of which each child gets its share. */
  processEnv: NodeJS.ProcessEnv;
}

/** Reads the environment; nothing else in the supervisor does. Throws with the name of the variable that is wrong. */
export function readSupervisorConfig(environment: NodeJS.ProcessEnv = process.env): SupervisorConfig {
  const env = parseEnv(SupervisorEnv, environment);
  return {
    port: env.PORT,
    host: env.HOST,
    databaseUrl: env.DATABASE_URL ?? null,
    dataDir: path.resolve(env.AGENTRUN_DATA_DIR),
    archiveLocation: env.AGENTRUN_ARCHIVE ?? null,
    adminToken: env.AGENTRUN_ADMIN_TOKEN ?? null,
    backendsFile: env.AGENTRUN_BACKENDS ? path.resolve(env.AGENTRUN_BACKENDS) : null,
    ssoFile: env.AGENTRUN_SSO ? path.resolve(env.AGENTRUN_SSO) : null,
    isDevelopment: env.NODE_ENV === "development",
    showsDetails: Boolean(environment.LOG_LEVEL),
    processEnv: environment,
  };
}
