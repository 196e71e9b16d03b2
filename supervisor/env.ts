import path from "node:path";
import { z } from "zod";

const SupervisorEnv = z.object({
  /** 0: any free one. */
  PORT: z.coerce.number().int().min(0).max(65_535).default(3_000),
  HOST: z.string().min(1).default("127.0.0.1"),
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, "must begin with postgres:// or postgresql://")
    .optional(),
  AGENTRUN_DATA_DIR: z.string().min(1).default(".agentrun"),
  AGENTRUN_ADMIN_TOKEN: z.string().min(16, "must have at least 16 characters").optional(),
  AGENTRUN_BACKENDS: z.string().optional(),
});

export interface SupervisorConfig {
  port: number;
  host: string;
  databaseUrl: string | null;
  dataDir: string;
  adminToken: string | null;
  backendsFile: string | null;
  /** The rest of the environment, of which each child gets its share. */
  surrounding: NodeJS.ProcessEnv;
}

/** The supervisor's only reader of the environment. Throws with the name of the variable that is wrong. */
export function readSupervisorConfig(environment: NodeJS.ProcessEnv = process.env): SupervisorConfig {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ""));
  const parsed = SupervisorEnv.safeParse(given);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
    throw new Error(`The environment is not usable. ${problems.join("; ")}`);
  }
  const env = parsed.data;
  return {
    port: env.PORT,
    host: env.HOST,
    databaseUrl: env.DATABASE_URL ?? null,
    dataDir: path.resolve(env.AGENTRUN_DATA_DIR),
    adminToken: env.AGENTRUN_ADMIN_TOKEN ?? null,
    backendsFile: env.AGENTRUN_BACKENDS ? path.resolve(env.AGENTRUN_BACKENDS) : null,
    surrounding: given,
  };
}
