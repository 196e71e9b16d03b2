import { spawnSync } from "node:child_process";
import { inject } from "vitest";

/** Runs the machine's kubectl as the cluster's administrator; what it warns of is part of the answer. */
export function kubectl(...args: string[]): { stdout: string; warnings: string } {
  const run = spawnSync("kubectl", ["--kubeconfig", inject("kubeconfig"), ...args], { encoding: "utf8" });
  if ((run.error as NodeJS.ErrnoException | undefined)?.code === "ENOENT") {
    throw new Error("kubectl is not on PATH: install it, the manifests are applied with it");
  }
  if (run.status !== 0) throw new Error(`kubectl ${args.join(" ")}: ${run.stderr || run.error?.message}`);
  return { stdout: run.stdout, warnings: run.stderr };
}
