import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import path from "node:path";

/** A real cluster with a node that runs pods. */
export type TestNode = {
  kubeconfig: string;
  /** This machine's address on the bridge to the pods. */
  address: string;
  kubectl(...args: string[]): string;
  /** Imports an archive of an image into the node. */
  load(archive: string): void;
  /** containerd's own client, below Kubernetes. */
  ctr(...args: string[]): string;
  stop(): void;
};

/** Starts the cluster of the kit that AGENTRUN_KUBERNETES_KIT names; one at a time on a machine, and as root. */
export function startNode(folder: string): TestNode {
  const kit = process.env.AGENTRUN_KUBERNETES_KIT;
  if (!kit || !existsSync(path.join(kit, "cluster")))
    throw new Error("AGENTRUN_KUBERNETES_KIT: names the folder of a test cluster that can start a node");
  mkdirSync(folder, { recursive: true });
  const cluster = (...args: string[]) =>
    execFileSync(path.join(kit, "cluster"), args, { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
  const stop = () => void cluster("down", folder);
  try {
    const kubeconfig = cluster("up", folder, "--node").trim().split("\n").at(-1) ?? "";
    const run = (program: string, args: string[]) =>
      execFileSync(program, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], maxBuffer: 1 << 28 });
    const kubectl = (...args: string[]) => run("kubectl", ["--kubeconfig", kubeconfig, ...args]);
    const ctr = (...args: string[]) => run("ctr", ["-a", `${folder}/containerd.sock`, "-n", "k8s.io", ...args]);
    const address = bridgeAddress(kubectl);
    return { kubeconfig, address, kubectl, ctr, load: (archive) => void ctr("images", "import", archive), stop };
  } catch (error) {
    stop();
    throw error;
  }
}

/** The bridge between pods and this machine comes with the first pod. */
function bridgeAddress(kubectl: TestNode["kubectl"]): string {
  kubectl("run", "first", "--image=docker.io/local/pause:1", "--image-pull-policy=Never");
  kubectl("wait", "--for=condition=Ready", "pod/first", "--timeout=60s");
  const shown = execFileSync("ip", ["-4", "-o", "address", "show", "cni-test0"], { encoding: "utf8" });
  const address = /inet ([0-9.]+)\//.exec(shown)?.[1];
  if (!address) throw new Error("the cluster's bridge has no address");
  return address;
}
