import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { ProvidedContext } from "vitest";
import type { TestProject } from "vitest/node";
import { buildImages } from "./images";

declare module "vitest" {
  export interface ProvidedContext {
    /** The product, started on this machine, whose runners are pods of a real cluster. */
    pods: { url: string; token: string; kubeconfig: string; namespace: string };
  }
}

type Kubectl = (...args: string[]) => unknown;

const NAMESPACE = "agentrun-pods";
const TOKEN = "administrator-token-of-the-pods-tests";
const PORT = 39_213;
const START_DEADLINE_MS = 180_000;

/** A cluster with a node, the project's own images on it, and the product beside it: `npm start` with a kubeconfig. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const kit = process.env.AGENTRUN_KUBERNETES_KIT;
  if (!kit || !existsSync(path.join(kit, "cluster")))
    throw new Error("AGENTRUN_KUBERNETES_KIT: names the folder of a test cluster that can start a node");
  const folder = mkdtempSync(path.join(tmpdir(), "agentrun-pods-"));
  const undo: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 })];
  const stop = async () => {
    for (const step of undo.reverse()) await step();
  };
  try {
    project.provide("pods", await bringUp(path.join(kit, "cluster"), folder, undo));
  } catch (error) {
    await stop();
    throw error;
  }
  return stop;
}

async function bringUp(program: string, folder: string, undo: (() => unknown)[]): Promise<ProvidedContext["pods"]> {
  const cluster = (...args: string[]) =>
    execFileSync(program, args, { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
  const node = path.join(folder, "cluster");
  mkdirSync(node);
  undo.push(() => cluster("down", node));
  const kubeconfig = cluster("up", node, "--node").trim().split("\n").at(-1) ?? "";
  const kubectl: Kubectl = (...args) =>
    execFileSync("kubectl", ["--kubeconfig", kubeconfig, ...args], { stdio: "pipe" });
  const images = buildImages(path.join(folder, "images"), (archive) => {
    execFileSync("ctr", ["-a", `${node}/containerd.sock`, "-n", "k8s.io", "images", "import", archive], {
      stdio: "pipe",
    });
  });
  kubectl("create", "namespace", NAMESPACE);
  undo.push(() => kubectl("delete", "namespace", NAMESPACE, "--wait=true", "--timeout=60s"));
  kubectl("label", "namespace", NAMESPACE, "pod-security.kubernetes.io/enforce=restricted");
  const address = bridgeAddress(kubectl);
  const product = await startProduct({
    KUBECONFIG: kubeconfig,
    HOST: address,
    AGENTRUN_RUNNER_URL: `http://${address}:${PORT}`,
    AGENTRUN_RUNNER_IMAGE: images.runner,
    AGENTRUN_DATA_DIR: path.join(folder, "data"),
  });
  undo.push(() => product.stop());
  return { url: `http://${address}:${PORT}`, token: TOKEN, kubeconfig, namespace: NAMESPACE };
}

/** The bridge between pods and this machine comes with the first pod. */
function bridgeAddress(kubectl: Kubectl): string {
  kubectl("run", "first", "--image=docker.io/local/pause:1", "--image-pull-policy=Never");
  kubectl("wait", "--for=condition=Ready", "pod/first", "--timeout=60s");
  const shown = execFileSync("ip", ["-4", "-o", "address", "show", "cni-test0"], { encoding: "utf8" });
  const address = /inet ([0-9.]+)\//.exec(shown)?.[1];
  if (!address) throw new Error("the cluster's bridge has no address");
  return address;
}

async function startProduct(own: Record<string, string>): Promise<{ stop(): Promise<void> }> {
  const child = spawn(process.execPath, ["scripts/start.mjs"], {
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...process.env,
      NODE_ENV: "production",
      PORT: String(PORT),
      AGENTRUN_ADMIN_TOKEN: TOKEN,
      AGENTRUN_EXECUTOR: "kubernetes",
      AGENTRUN_VOLUMES: "kubernetes",
      AGENTRUN_NAMESPACE: NAMESPACE,
      AGENTRUN_RUNNER_IMAGE_PULL_POLICY: "Never",
      AGENTRUN_RUNNER_MEMORY: "1Gi",
      AGENTRUN_STORAGE_SIZE_BYTES: String(1024 ** 3),
      ...own,
    },
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (said += chunk));
  for (const deadline = Date.now() + START_DEADLINE_MS; ; ) {
    const isReady = await fetch(`http://${own.HOST}:${PORT}/readyz`).then(
      (answer) => answer.ok,
      () => false,
    );
    if (isReady) break;
    if (child.exitCode !== null || Date.now() > deadline)
      throw new Error(`the product did not start:\n${said.slice(-4_000)}`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  return {
    async stop() {
      child.kill("SIGTERM");
      if (child.exitCode === null) await once(child, "exit");
    },
  };
}
