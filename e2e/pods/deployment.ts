import { randomBytes } from "node:crypto";
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { startTestServer } from "@/db/test/server";
import { startS3Server } from "@/server/test/cluster/s3-server";
import { type Gate, openApiGate, openGate } from "./gateway";
import type { TestNode } from "./node";
import { followService } from "./service";

/** The product as `kubectl apply -k` brings it up: web and worker in pods, a database and a bucket outside. */
export type Deployment = { url: string; token: string; namespace: string };

const SERVICE_ACCOUNT_MOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";
const IMAGE_FIELDS = "image-fields.yaml";
const BUCKET = "agentrun-archive";

type ImageNames = { server: string; runner: string };

/** Applies an overlay of deploy/example; what it needs beside the cluster is started, and ended by `undo`. */
export async function deploy(node: TestNode, images: ImageNames, undo: (() => unknown)[]): Promise<Deployment> {
  const namespace = `agentrun-pods-${randomBytes(3).toString("hex")}`;
  const token = randomBytes(24).toString("hex");
  const folder = path.join("test-results", namespace);
  mkdirSync(folder, { recursive: true });
  undo.push(() => rmSync(folder, { recursive: true, force: true }));
  const opened = async <T extends Gate>(gate: Promise<T>): Promise<T> => {
    const { close } = await gate;
    undo.push(close);
    return gate;
  };

  const database = await startTestServer();
  undo.push(() => database.stop());
  const databaseGate = await opened(openGate(node.address, () => local(database.url)));
  const bucket = await startS3Server();
  undo.push(() => bucket.stop());
  await makeBucket(bucket.url);
  const bucketGate = await opened(openGate(node.address, () => local(bucket.url)));
  const api = new URL(node.kubectl("config", "view", "--minify", "--output=jsonpath={.clusters[0].cluster.server}"));
  const apiGate = await opened(openApiGate(node.address, Number(api.port), folder));
  const service = followService(node, namespace);
  undo.push(() => service.close());
  const webGate = await opened(openGate(node.address, service.choose));
  const url = `http://${node.address}:${webGate.port}`;

  const databaseUrl = new URL(database.url);
  databaseUrl.host = `${node.address}:${databaseGate.port}`;
  const values = {
    AGENTRUN_PUBLIC_URL: url,
    AGENTRUN_RUNNER_URL: url,
    AGENTRUN_ARCHIVE: `s3://${BUCKET}`,
    AWS_ENDPOINT_URL_S3: `http://${node.address}:${bucketGate.port}`,
    // Nothing enforces NetworkPolicies here: a run without network has to find that out.
    AGENTRUN_NETWORK_PROBE: `${node.address}:${apiGate.port}`,
    AGENTRUN_RUNNER_MEMORY: "1Gi",
    AGENTRUN_STORAGE_SIZE_BYTES: String(1024 ** 3),
    // Clean-ups by a story's hand alone: one that comes by itself would take what a story looks at.
    AGENTRUN_SESSION_GC_INTERVAL_MS: "86400000",
  };
  const server = { host: node.address, port: apiGate.port, ca: apiGate.ca };
  copyFileSync(path.join("deploy/example", IMAGE_FIELDS), path.join(folder, IMAGE_FIELDS));
  writeFileSync(
    path.join(folder, "kustomization.yaml"),
    JSON.stringify(overlayOf({ namespace, images, values, server })),
  );
  node.kubectl("apply", "--filename", "deploy/guard.yaml");
  node.kubectl("create", "namespace", namespace);
  undo.push(() => node.kubectlSlowly("delete", "namespace", namespace, "--wait=true", "--timeout=90s"));
  node.kubectl("label", "namespace", namespace, "pod-security.kubernetes.io/enforce=restricted");
  const secret = (name: string, entries: Record<string, string>) =>
    node.kubectl(
      ...["--namespace", namespace, "create", "secret", "generic", name],
      ...Object.entries(entries).map(([key, value]) => `--from-literal=${key}=${value}`),
    );
  const cron = randomBytes(24).toString("hex");
  secret("agentrun", {
    DATABASE_URL: databaseUrl.href,
    AGENTRUN_ADMIN_TOKEN: token,
    AGENTRUN_CRON_SECRET: cron,
  });
  secret("agentrun-archive", { AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test" });
  node.kubectl("apply", "--kustomize", folder);
  for (const name of ["agentrun-web", "agentrun-worker"]) await rollOut(node, namespace, name);
  return { url, token, namespace };
}

/** Waits until a Deployment's pods are ready; the error says what they said until then. */
async function rollOut(node: TestNode, namespace: string, name: string): Promise<void> {
  const within = ["--namespace", namespace];
  try {
    await node.kubectlSlowly(...within, "rollout", "status", `deployment/${name}`, "--timeout=180s");
  } catch (error) {
    const logs = node.kubectl(...within, "logs", `deployment/${name}`, "--tail=20");
    const events = node.kubectl(...within, "get", "events", "--field-selector=type!=Normal");
    throw new Error(`${name} did not become ready:\n${logs}\n${events}`, { cause: error });
  }
}

const local = (url: string) => ({ host: "127.0.0.1", port: Number(new URL(url).port) });

async function makeBucket(endpoint: string): Promise<void> {
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  const client = new S3Client({ endpoint, region: "us-east-1", forcePathStyle: true, credentials });
  await client.send(new CreateBucketCommand({ Bucket: BUCKET }));
  client.destroy();
}

type Overlay = {
  namespace: string;
  images: ImageNames;
  values: Record<string, string>;
  server: { host: string; port: number; ca: string };
};

/** deploy/example with the images of this build, and the addresses of a cluster that has no DNS and no Services. */
function overlayOf({ namespace, images, values, server }: Overlay): unknown {
  const image = (name: string, reference: string) => {
    const [newName, newTag] = reference.split(":");
    return { name, newName, newTag };
  };
  return {
    namespace,
    resources: ["../../deploy/example"],
    images: [image("agentrun/server", images.server), image("agentrun/runner", images.runner)],
    configurations: [IMAGE_FIELDS],
    configMapGenerator: [
      { name: "agentrun", behavior: "merge", literals: Object.entries(values).map((pair) => pair.join("=")) },
      { name: "test-api", literals: [`ca.crt=${server.ca}`] },
    ],
    patches: [reachApi("web", server), reachApi("worker", server), reachWeb(values.AGENTRUN_PUBLIC_URL ?? "")].map(
      (patch) => ({ patch: JSON.stringify(patch) }),
    ),
  };
}

/** The account's own token, as a pod is given it, beside the address and the authority of the gate to the API server. */
function reachApi(name: string, server: Overlay["server"]): unknown {
  const env = [
    { name: "KUBERNETES_SERVICE_HOST", value: server.host },
    { name: "KUBERNETES_SERVICE_PORT", value: String(server.port) },
  ];
  const sources = [
    { serviceAccountToken: { path: "token", expirationSeconds: 3607 } },
    { configMap: { name: "test-api" } },
    { downwardAPI: { items: [{ path: "namespace", fieldRef: { fieldPath: "metadata.namespace" } }] } },
  ];
  const mount = { name: "account", mountPath: SERVICE_ACCOUNT_MOUNT, readOnly: true };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: `agentrun-${name}` },
    spec: {
      template: {
        spec: {
          containers: [{ name, env, volumeMounts: [mount] }],
          volumes: [{ name: "account", projected: { sources } }],
        },
      },
    },
  };
}

/** The CronJob asks web by its Service's name, which nothing here resolves; and when a story has it asked. */
function reachWeb(url: string): unknown {
  const containers = [{ name: "gc", env: [{ name: "AGENTRUN_URL", value: url }] }];
  return {
    apiVersion: "batch/v1",
    kind: "CronJob",
    metadata: { name: "agentrun-gc" },
    spec: { suspend: true, jobTemplate: { spec: { template: { spec: { containers } } } } },
  };
}
