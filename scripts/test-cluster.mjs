// Runs the tests against a real cluster and a real bucket, and ends with one line: N passed, N failed. The stories
// through pods need a cluster that can start a node: the kit that AGENTRUN_KUBERNETES_KIT names.
// Usage: npm run test:cluster
import process from "node:process";
import { runSuites, vitest } from "./suites.mjs";

const suites = [vitest("vitest.cluster.config.ts")];
if (process.env.AGENTRUN_KUBERNETES_KIT) suites.push(vitest("vitest.pods.config.ts"));
else console.log("The stories through pods are not run: they need AGENTRUN_KUBERNETES_KIT, a cluster with a node.");
await runSuites(suites);
