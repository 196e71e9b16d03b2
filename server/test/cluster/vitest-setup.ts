import { randomInt } from "node:crypto";
import type { TestProject } from "vitest/node";
import { startControlPlane } from "./control-plane";
import { startS3Server } from "./s3-server";

declare module "vitest" {
  export interface ProvidedContext {
    /** A real S3 server that takes any credentials. */
    s3Endpoint: string;
    /** For an administrator of a real Kubernetes cluster. */
    kubeconfig: string;
    /** Whether the cluster has more than its API server. */
    hasControllers: boolean;
    /** null: the cluster's owner names none. */
    auditLog: string | null;
  }
}

/** Starts what the cluster tests need besides PostgreSQL. Vitest's workers inherit the environment. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const controlPlane = await startControlPlane();
  const s3 = await startS3Server();
  project.provide("kubeconfig", controlPlane.kubeconfig);
  project.provide("hasControllers", controlPlane.hasControllers);
  project.provide("auditLog", controlPlane.auditLog);
  project.provide("s3Endpoint", s3.url);
  process.env.AGENTRUN_FAULTS_SEED ??= String(randomInt(2 ** 31));
  console.log(`The seed of what is random in the fault tests is ${process.env.AGENTRUN_FAULTS_SEED}.`);
  process.env.AWS_ACCESS_KEY_ID = "test";
  process.env.AWS_SECRET_ACCESS_KEY = "test";
  return async () => {
    await s3.stop();
    await controlPlane.stop();
  };
}
