import process from "node:process";
import type { ServerFacts } from "@/contract/health";
import type { ServiceContext } from "@/server/context";
import { OPERATOR_REQUESTS } from "@/server/identity";
import { VERSION } from "@/server/version";

/** Returns the server's version and limits, as its environment set them. */
export function serverFacts({ settings, volumes }: ServiceContext): ServerFacts {
  const { sourceCommit, executor, isDemoOn, leaseMs, runnersMax, runnerDeadlineMs, stuckAfterMs, storage } = settings;
  return {
    version: VERSION,
    sourceCommit,
    nodeVersion: process.versions.node,
    executor,
    volumes: volumes.provider,
    isDemoOn,
    leaseMs,
    runnersMax: executor === "local" ? runnersMax : null,
    runnerDeadlineMs,
    stuckAfterMs,
    requests: OPERATOR_REQUESTS,
    storage,
  };
}
