import { execFile, execFileSync } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import { openKit } from "@/server/test/cluster/control-plane";

/** A real cluster with a node that runs pods. */
export type TestNode = {
  kubeconfig: string;
  /** This machine's address on the bridge to the pods. */
  address: string;
  kubectl(...args: string[]): string;
  /** The same, for what takes its time while this process has gates to serve. */
  kubectlSlowly(...args: string[]): Promise<unknown>;
  /** Imports an archive of an image into the node. */
  load(archive: string): void;
  /** The socket of its containerd. */
  containerd: string;
  stop(): void;
};

/** Starts the cluster of the kit that AGENTRUN_KUBERNETES_KIT names; one at a time on a machine, and as root. */
export function startNode(folder: string): TestNode {
  const kit = openKit();
  if (!kit) throw new Error("AGENTRUN_KUBERNETES_KIT: names the folder of a test cluster that can start a node");
  const stop = () => kit.down(folder);
  try {
    const kubeconfig = kit.up(folder, "--node");
    const kubectl = (...args: string[]) => run("kubectl", ["--kubeconfig", kubeconfig, ...args]);
    const kubectlSlowly = (...args: string[]) => promisify(execFile)("kubectl", ["--kubeconfig", kubeconfig, ...args]);
    const containerd = path.join(folder, "containerd.sock");
    const load = (archive: string) => void ctr(containerd, "images", "import", archive);
    return { kubeconfig, address: bridgeAddress(kubectl), kubectl, kubectlSlowly, containerd, load, stop };
  } catch (error) {
    stop();
    throw error;
  }
}

/** Asks containerd itself, below Kubernetes. */
export function ctr(socket: string, ...args: string[]): string {
  return run("ctr", ["--address", socket, "--namespace", "k8s.io", ...args]);
}

function run(program: string, args: string[]): string {
  return execFileSync(program, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], maxBuffer: 1 << 28 });
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
