import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync } from "node:fs";
import path from "node:path";

export type ControlPlane = {
  kubeconfig: string;
  /** The API server's audit log, with the bodies of every write to claims; null where nobody says where it is. */
  auditLog: string | null;
  stop(): void;
};

/**
 * A real Kubernetes API for the tests: the one that AGENTRUN_TEST_KUBECONFIG names (kind, k3d, any cluster whose
 * namespaces may be made and deleted), else one that the test kit in AGENTRUN_KUBERNETES_KIT starts and ends.
 */
export function startControlPlane(): ControlPlane {
  const given = process.env.AGENTRUN_TEST_KUBECONFIG;
  if (given) {
    const auditLog = process.env.AGENTRUN_TEST_AUDIT_LOG;
    return {
      kubeconfig: path.resolve(given),
      auditLog: auditLog ? path.resolve(auditLog) : null,
      stop: () => undefined,
    };
  }
  const kit = openKit();
  if (!kit) {
    throw new Error(
      "no cluster to test against: name a kubeconfig in AGENTRUN_TEST_KUBECONFIG, such as that of kind or k3d",
    );
  }
  const folder = path.resolve("test-results", `cluster-${process.pid}`);
  return {
    kubeconfig: kit.up(folder),
    auditLog: path.join(folder, "audit.log"),
    stop() {
      kit.down(folder);
      // Its logs stay, which are small.
      for (const large of ["bin", "etcd"]) rmSync(path.join(folder, large), { recursive: true, force: true });
    },
  };
}

export type Kit = {
  /** Starts a cluster in a folder; answers an administrator's kubeconfig. */
  up(folder: string, ...flags: string[]): string;
  /** Ends everything that was started there. */
  down(folder: string): void;
};

/** The test kit that AGENTRUN_KUBERNETES_KIT names; null without one. */
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
