import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, test } from "@playwright/test";
import { Product } from "@/e2e/product";
import { openProgram } from "./program";
import { pods } from "./state";

/** Runners have to be told where web is before it listens. Below 32,768: a port above may be an open connection's. */
const PORT = 21_213;

/** What the README's block for a cluster sets, as a shell reads it. */
function readmeVariables(address: string): Record<string, string> {
  const [, block = ""] = /## A cluster[\s\S]*?```sh\n([\s\S]*?)```/.exec(readFileSync("README.md", "utf8")) ?? [];
  const exports = block.split("\n").filter((line) => line.startsWith("export "));
  const names = exports.flatMap((line) => [...line.matchAll(/(?<= )[A-Z_]+(?==)/g)].flat());
  const print = names.map((name) => `printf '%s\\0' "$${name}"`);
  const printed = execFileSync("bash", ["-euc", [...exports, ...print].join("\n")], {
    encoding: "utf8",
    env: { ...process.env, ADDRESS: address },
  });
  const values = printed.split("\0");
  return Object.fromEntries(names.map((name, index) => [name, values[index] ?? ""]));
}

test("`npm start` with a kubeconfig and the README's variables runs its turns in pods too", async () => {
  const { kubeconfig, address, runnerImage, token } = pods();
  const { ADDRESS: _address, ...set } = readmeVariables(address);
  expect(Object.keys(set).sort()).toEqual([
    ...["AGENTRUN_EXECUTOR", "AGENTRUN_NAMESPACE", "AGENTRUN_RUNNER_IMAGE", "AGENTRUN_RUNNER_URL"],
    ...["AGENTRUN_VOLUMES", "HOST"],
  ]);
  const namespace = set.AGENTRUN_NAMESPACE ?? "";
  const program = openProgram({ ...pods(), namespace });
  program.kubectl("apply", "--filename", "deploy/example/namespace.yaml");
  await using product = await Product.start({
    ...set,
    KUBECONFIG: kubeconfig,
    // Of all addresses none but the bridge's.
    HOST: address,
    PORT: String(PORT),
    AGENTRUN_RUNNER_URL: set.AGENTRUN_RUNNER_URL?.replace(":3000", `:${PORT}`) ?? "",
    AGENTRUN_ADMIN_TOKEN: token,
    AGENTRUN_RUNNER_IMAGE: runnerImage,
    AGENTRUN_RUNNER_IMAGE_PULL_POLICY: "Never",
    AGENTRUN_RUNNER_MEMORY: "1Gi",
    AGENTRUN_STORAGE_SIZE_BYTES: String(1024 ** 3),
  });
  const own = openProgram({ ...pods(), namespace, url: product.url });
  const run = await own.run("started-by-npm");
  await own.turn(run.id, "write a file");
  expect(await own.ended(run.id)).toMatchObject({ status: "completed", failureKind: null });
  expect(await own.ok("GET", "/sessions/started-by-npm/storage")).toMatchObject({ pvcPhase: "Bound" });
  program.kubectl("delete", "namespace", namespace, "--wait=true", "--timeout=90s");
});
