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
  const kit = process.env.AGENTRUN_KUBERNETES_KIT;
  if (!kit || !existsSync(path.join(kit, "cluster"))) {
    throw new Error(
      "no cluster to test against: name a kubeconfig in AGENTRUN_TEST_KUBECONFIG, such as that of kind or k3d",
    );
  }
  const cluster = path.join(kit, "cluster");
  const folder = path.resolve("test-results", `cluster-${process.pid}`);
  mkdirSync(folder, { recursive: true });
  const kubeconfig = execFileSync(cluster, ["up", folder], { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
  return {
    kubeconfig: kubeconfig.trim().split("\n").at(-1) ?? "",
    auditLog: path.join(folder, "audit.log"),
    stop() {
      execFileSync(cluster, ["down", folder], { stdio: "ignore" });
      // Its logs stay, which are small.
      for (const large of ["bin", "etcd"]) rmSync(path.join(folder, large), { recursive: true, force: true });
    },
  };
}
