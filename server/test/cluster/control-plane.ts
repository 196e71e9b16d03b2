import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync } from "node:fs";
import path from "node:path";
import { startAssets } from "./assets";

export type ControlPlane = {
  kubeconfig: string;
  /** The API server's audit log, with the bodies of all writes to claims; null: its place is not known. */
  auditLog: string | null;
  /**
   * Whether there is more than the API server: Jobs make pods, claims are bound, and objects without an owner are
   * removed.
   */
  hasControllers: boolean;
  stop(): Promise<void>;
};

const NONE = `no cluster to test against. One of these variables names it:
  AGENTRUN_TEST_KUBECONFIG  a kubeconfig of any cluster whose namespaces may be made and deleted, as of kind or k3d
  KUBEBUILDER_ASSETS        a folder with etcd and kube-apiserver, as "setup-envtest use -p path" prints; what needs more is not run
  AGENTRUN_KUBERNETES_KIT   a folder with a program "cluster" that starts one, see docs/KUBERNETES.md`;

/** Starts or finds a real Kubernetes API for the tests, by whichever variable names one; NONE says how. */
export async function startControlPlane(): Promise<ControlPlane> {
  const given = process.env.AGENTRUN_TEST_KUBECONFIG;
  if (given) {
    const auditLog = process.env.AGENTRUN_TEST_AUDIT_LOG;
    return {
      kubeconfig: path.resolve(given),
      auditLog: auditLog ? path.resolve(auditLog) : null,
      hasControllers: true,
      stop: () => Promise.resolve(),
    };
  }
  const folder = path.resolve("test-results", `cluster-${process.pid}`);
  // The logs stay; they are small.
  const clear = () => {
    for (const large of ["bin", "etcd"]) rmSync(path.join(folder, large), { recursive: true, force: true });
  };
  const kit = openKit();
  const assets = process.env.KUBEBUILDER_ASSETS;
  if (!kit && assets) {
    const started = await startAssets(path.resolve(assets), folder);
    return { ...started, stop: () => started.stop().then(clear) };
  }
  if (!kit) throw new Error(NONE);
  return {
    kubeconfig: kit.up(folder),
    auditLog: path.join(folder, "audit.log"),
    hasControllers: true,
    async stop() {
      kit.down(folder);
      clear();
    },
  };
}

export type Kit = {
  /** Starts a cluster in a folder; returns an administrator's kubeconfig. */
  up(folder: string, ...flags: string[]): string;
  /** Ends everything that was started there. */
  down(folder: string): void;
};

/** Opens the test kit that AGENTRUN_KUBERNETES_KIT names; null: it names none. */
export function openKit(): Kit | null {
  const kit = process.env.AGENTRUN_KUBERNETES_KIT;
  const program = path.join(kit ?? "", "cluster");
  if (!kit || !existsSync(program)) return null;
  const run = (...args: string[]) =>
    execFileSync(program, args, { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
  return {
    up(folder, ...flags) {
      mkdirSync(folder, { recursive: true });
      const printed = run("up", folder, ...flags).trim();
      return printed.split("\n").at(-1) ?? "";
    },
    down: (folder) => void run("down", folder),
  };
}
