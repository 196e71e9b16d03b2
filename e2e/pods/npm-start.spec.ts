import { expect, test } from "@playwright/test";
import { Product } from "@/e2e/product";
import { openProgram } from "./program";
import { pods } from "./state";

/** Runners have to be told where web is before it listens. */
const PORT = 39_213;

test("`npm start` with a kubeconfig runs its turns in pods too", async () => {
  const { kubeconfig, address, runnerImage, token } = pods();
  const namespace = "agentrun-npm-start";
  const program = openProgram({ ...pods(), namespace });
  program.kubectl("create", "namespace", namespace);
  program.kubectl("label", "namespace", namespace, "pod-security.kubernetes.io/enforce=restricted");
  await using product = await Product.start({
    KUBECONFIG: kubeconfig,
    HOST: address,
    PORT: String(PORT),
    AGENTRUN_RUNNER_URL: `http://${address}:${PORT}`,
    AGENTRUN_ADMIN_TOKEN: token,
    AGENTRUN_EXECUTOR: "kubernetes",
    AGENTRUN_VOLUMES: "kubernetes",
    AGENTRUN_NAMESPACE: namespace,
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
