import { type ChildProcess, spawn } from "node:child_process";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, openSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import * as k8s from "@kubernetes/client-node";
import { freePort } from "@/supervisor/port";

const READY_MS = 60_000;
const LOOK_MS = 100;
/** Records every write to claims with its body, for the checker of deletions. */
const AUDIT_POLICY = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
  - level: RequestResponse
    verbs: [create, update, patch, delete, deletecollection]
    resources: [{ group: "", resources: [persistentvolumeclaims] }]
  - level: None
`;

export type Assets = { kubeconfig: string; auditLog: string; hasControllers: boolean; stop(): Promise<void> };

/**
 * Starts the API server from a folder of programs as `setup-envtest` makes it: `etcd` and `kube-apiserver`, on free
 * ports of this machine. If the folder has `kube-controller-manager` and `kube-scheduler` as well, they are started
 * too; without them Jobs make no pods and no claim is bound. Everything is written to `folder`.
 *
 * @throws if a program is missing, or has ended before the API server was ready: the reason is in its log.
 */
export async function startAssets(assets: string, folder: string): Promise<Assets> {
  for (const name of ["etcd", "kube-apiserver"]) {
    if (!existsSync(path.join(assets, name))) throw new Error(`KUBEBUILDER_ASSETS has no ${name}: ${assets}`);
  }
  mkdirSync(folder, { recursive: true });
  const file = (name: string) => path.join(folder, name);
  const running: ChildProcess[] = [];
  const start = (name: string, args: Record<string, string>) => {
    const log = openSync(file(`${name}.log`), "a");
    const flags = Object.entries(args).map(([flag, value]) => `--${flag}=${value}`);
    const program = spawn(path.join(assets, name), flags, { stdio: ["ignore", log, log] });
    running.push(program);
    return program;
  };
  const [etcdPort, peerPort, apiPort] = [await freePort(), await freePort(), await freePort()];
  const [etcd, peer] = [`http://127.0.0.1:${etcdPort}`, `http://127.0.0.1:${peerPort}`];
  start("etcd", {
    "data-dir": file("etcd"),
    ...{ "listen-client-urls": etcd, "advertise-client-urls": etcd },
    ...{ "listen-peer-urls": peer, "initial-advertise-peer-urls": peer, "initial-cluster": `default=${peer}` },
    "unsafe-no-fsync": "true",
    "log-level": "warn",
  });

  const token = randomBytes(16).toString("hex");
  writeFileSync(file("tokens.csv"), `${token},admin,admin,system:masters\n`, { mode: 0o600 });
  writeFileSync(file("audit.yaml"), AUDIT_POLICY);
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2_048 });
  writeFileSync(file("sa.key"), privateKey.export({ type: "pkcs1", format: "pem" }), { mode: 0o600 });
  const hasControllers = existsSync(path.join(assets, "kube-controller-manager"));
  start("kube-apiserver", {
    "etcd-servers": etcd,
    ...{ "bind-address": "127.0.0.1", "advertise-address": "127.0.0.1", "secure-port": String(apiPort) },
    ...{ "cert-dir": file("certs"), "service-cluster-ip-range": "10.0.0.0/24" },
    "service-account-issuer": "https://kubernetes.default.svc",
    ...{ "service-account-key-file": file("sa.key"), "service-account-signing-key-file": file("sa.key") },
    ...{ "token-auth-file": file("tokens.csv"), "authorization-mode": "RBAC" },
    ...{ "audit-policy-file": file("audit.yaml"), "audit-log-path": file("audit.log") },
    // These plugins require of an object what only a controller provides.
    ...(hasControllers ? {} : { "disable-admission-plugins": "ServiceAccount,StorageObjectInUseProtection" }),
  });
  const kubeconfig = file("kubeconfig");
  writeFileSync(kubeconfig, makeKubeconfig(`https://127.0.0.1:${apiPort}`, token), { mode: 0o600 });
  const stop = () => endAll(running);
  try {
    const config = new k8s.KubeConfig();
    config.loadFromFile(kubeconfig);
    await untilReady(config, running);
    if (hasControllers) {
      const shared = { kubeconfig, "leader-elect": "false", "secure-port": "0" };
      start("kube-scheduler", shared);
      start("kube-controller-manager", {
        ...shared,
        ...{ "service-account-private-key-file": file("sa.key"), "use-service-account-credentials": "true" },
        "enable-hostpath-provisioner": "true",
      });
      await makeStorageClass(config);
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return { kubeconfig, auditLog: file("audit.log"), hasControllers, stop };
}

async function untilReady(config: k8s.KubeConfig, running: ChildProcess[]): Promise<void> {
  const core = config.makeApiClient(k8s.CoreV1Api);
  for (const since = Date.now(); ; await pause(LOOK_MS)) {
    try {
      await core.readNamespace({ name: "default" });
      return;
    } catch (error) {
      const hasEnded = running.some(({ exitCode, signalCode }) => exitCode !== null || signalCode !== null);
      if (hasEnded || Date.now() - since > READY_MS)
        throw new Error("the programs of KUBEBUILDER_ASSETS did not come up: see their logs in test-results", {
          cause: error,
        });
    }
  }
}

async function makeStorageClass(config: k8s.KubeConfig): Promise<void> {
  await config.makeApiClient(k8s.StorageV1Api).createStorageClass({
    body: {
      metadata: { name: "standard", annotations: { "storageclass.kubernetes.io/is-default-class": "true" } },
      provisioner: "kubernetes.io/host-path",
      reclaimPolicy: "Delete",
    },
  });
}

async function endAll(running: ChildProcess[]): Promise<void> {
  for (const program of running.toReversed()) {
    if (program.exitCode !== null || program.signalCode !== null || program.pid === undefined) continue;
    const ended = once(program, "exit");
    program.kill("SIGKILL");
    await ended;
  }
}

function makeKubeconfig(server: string, token: string): string {
  return JSON.stringify({
    ...{ apiVersion: "v1", kind: "Config", "current-context": "test" },
    clusters: [{ name: "test", cluster: { server, "insecure-skip-tls-verify": true } }],
    users: [{ name: "admin", user: { token } }],
    contexts: [{ name: "test", context: { cluster: "test", user: "admin", namespace: "default" } }],
  });
}
