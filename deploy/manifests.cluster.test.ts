import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import type * as k8s from "@kubernetes/client-node";
import { loadYaml } from "@kubernetes/client-node";
import { expect, onTestFinished, test } from "vitest";
import { parseEnv, ServerEnv } from "@/contract/env";
import { jobFor } from "@/server/executors/kubernetes/manifests";
import { createLog } from "@/server/log";
import { openExecutor } from "@/server/open-executor";
import { openSeams } from "@/server/seams";
import { ATTEMPT, POLICY } from "@/server/test/cluster/attempt";
import { it } from "@/server/test/cluster/controllers";
import { createExample, type Example } from "./test/example";
import { kubectl } from "./test/kubectl";

type Manifest = k8s.KubernetesObject & { spec: never };
type Labels = Record<string, string>;

/** What the cluster makes of the example, without keeping it. */
function dryRun(place: Example): { items: Manifest[]; warnings: string } {
  const answer = kubectl("apply", "--kustomize", place.overlay, "--dry-run=server", "--output=json");
  return { items: JSON.parse(answer.stdout).items, warnings: answer.warnings };
}

function ofKind<Kind extends k8s.KubernetesObject>(items: Manifest[], kind: string): Kind[] {
  return items.filter((item) => item.kind === kind) as k8s.KubernetesObject[] as Kind[];
}

function templatesOf(items: Manifest[]): { name: string; template: k8s.V1PodTemplateSpec }[] {
  return [
    ...ofKind<k8s.V1Deployment>(items, "Deployment").map(({ metadata, spec }) => ({ metadata, ...spec })),
    ...ofKind<k8s.V1CronJob>(items, "CronJob").map(({ metadata, spec }) => ({ metadata, ...spec?.jobTemplate.spec })),
  ].map(({ metadata, template }) => ({ name: metadata?.name ?? "", template: template ?? {} }));
}

test("the cluster accepts every manifest of the example, and a dry run keeps none", async () => {
  await using place = await createExample();
  const { items } = dryRun(place);
  expect([...new Set(items.map(({ kind }) => kind))].sort()).toEqual([
    "ConfigMap",
    "CronJob",
    "Deployment",
    "Namespace",
    "NetworkPolicy",
    "PodDisruptionBudget",
    "Role",
    "RoleBinding",
    "Service",
    "ServiceAccount",
  ]);
  const namespaces = items.map(({ kind, metadata }) => (kind === "Namespace" ? metadata?.name : metadata?.namespace));
  expect(new Set(namespaces)).toEqual(new Set([place.name]));
  expect(kubectl("--namespace", place.name, "get", "deployments", "--output=name").stdout).toBe("");
});

test("applying the example again changes nothing", async () => {
  await using place = await createExample();
  // By generations: kubectl also calls "configured" what it sent a patch for that changed nothing.
  const generations = () =>
    kubectl(
      ...["--namespace", place.name, "get", "deployments,cronjobs,poddisruptionbudgets,networkpolicies"],
      "--output=jsonpath={range .items[*]}{.kind} {.metadata.name} {.metadata.generation}{'\\n'}{end}",
    ).stdout;
  kubectl("apply", "--kustomize", place.overlay);
  const before = generations();
  kubectl("apply", "--kustomize", place.overlay);
  expect(before).toContain("Deployment agentrun-web 1");
  expect(generations()).toBe(before);
});

it("admits every pod of the example where Pod Security is restricted", async () => {
  await using place = await createExample();
  expect(kubectl("apply", "--kustomize", place.overlay).warnings).not.toContain("PodSecurity");
  // Where its time comes meanwhile there would be one pod more.
  kubectl("--namespace", place.name, "patch", "cronjob", "agentrun-gc", '--patch={"spec":{"suspend":true}}');
  kubectl("--namespace", place.name, "create", "job", "--from=cronjob/agentrun-gc", "gc-now");
  const components = async () => {
    const { items } = await place.core.listNamespacedPod({ namespace: place.name });
    return items.map(({ metadata }) => metadata?.labels?.["app.kubernetes.io/component"]).sort();
  };
  await expect.poll(components, { timeout: 30_000 }).toEqual(["gc", "web", "web", "worker", "worker"]);
  const lax = { name: "lax", image: "agentrun/server" };
  const pod = { namespace: place.name, body: { metadata: { name: "lax" }, spec: { containers: [lax] } } };
  await expect(place.core.createNamespacedPod(pod)).rejects.toMatchObject({ code: 403 });
});

test("mounts a cluster token only in web and worker, and makes root file systems read-only", async () => {
  await using place = await createExample();
  const templates = templatesOf(dryRun(place).items);
  const mounted = templates.filter(({ template }) => template.spec?.automountServiceAccountToken !== false);
  expect(mounted.map(({ name }) => name).sort()).toEqual(["agentrun-web", "agentrun-worker"]);
  for (const { name, template } of templates) {
    expect(template.spec, name).toMatchObject({ serviceAccountName: name, securityContext: { runAsNonRoot: true } });
    for (const container of [...(template.spec?.initContainers ?? []), ...(template.spec?.containers ?? [])]) {
      expect(container.securityContext, name).toMatchObject({ readOnlyRootFilesystem: true });
      expect(container.resources?.limits?.memory, name).toBeTruthy();
    }
  }
});

test("web and worker start after the migration, which gets nothing but the database", async () => {
  await using place = await createExample();
  const deployments = ofKind<k8s.V1Deployment>(dryRun(place).items, "Deployment");
  expect(deployments.map(({ metadata }) => metadata?.name).sort()).toEqual(["agentrun-web", "agentrun-worker"]);
  for (const { spec } of deployments) {
    const { initContainers } = spec?.template.spec ?? {};
    expect(initContainers).toMatchObject([{ name: "migrate", image: "agentrun/server:0.2.0", args: ["migrate"] }]);
    expect(initContainers?.[0]?.env?.map(({ name }) => name)).toEqual(["DATABASE_URL"]);
    expect(initContainers?.[0]?.envFrom).toBeUndefined();
  }
});

test("long-running containers have liveness probes, the worker without a port, and time to start", async () => {
  await using place = await createExample();
  const deployments = ofKind<k8s.V1Deployment>(dryRun(place).items, "Deployment");
  const containers = deployments.flatMap(({ spec }) => spec?.template.spec?.containers ?? []);
  const probes = Object.fromEntries(containers.map(({ name, livenessProbe }) => [name, livenessProbe]));
  expect(probes.web?.httpGet?.path).toBe("/healthz");
  expect(probes.worker?.exec).toEqual({ command: ["agentrun", "alive"] });
  const worker = containers.find(({ name }) => name === "worker");
  expect(worker?.ports).toBeUndefined();
  const { periodSeconds = 0, failureThreshold = 0, exec } = worker?.startupProbe ?? {};
  expect(exec).toEqual(probes.worker?.exec);
  expect(periodSeconds * failureThreshold).toBeGreaterThanOrEqual(300);
  // The root is read-only: a beat that cannot be written would end every worker.
  const file = worker?.env?.find(({ name }) => name === "AGENTRUN_HEARTBEAT_FILE")?.value ?? "";
  const mounts = worker?.volumeMounts?.filter(({ mountPath }) => file.startsWith(`${mountPath}/`));
  expect(mounts).toMatchObject([{ name: "tmp" }]);
});

test("the Secret's template has every key that a pod reads, and each pod reads only its own", async () => {
  await using place = await createExample();
  const keys = templatesOf(dryRun(place).items).map(({ name, template }) => {
    const env = template.spec?.containers.flatMap((container) => container.env ?? []) ?? [];
    return [name, env.flatMap(({ valueFrom }) => valueFrom?.secretKeyRef?.key ?? [])] as const;
  });
  expect(Object.fromEntries(keys)).toEqual({
    "agentrun-web": ["DATABASE_URL", "AGENTRUN_ADMIN_TOKEN", "AGENTRUN_CRON_SECRET"],
    "agentrun-worker": ["DATABASE_URL"],
    "agentrun-gc": ["AGENTRUN_CRON_SECRET"],
  });
  const secret = await place.core.readNamespacedSecret({ name: "agentrun", namespace: place.name });
  expect(Object.keys(secret.data ?? {}).sort()).toEqual([...new Set(keys.flatMap(([, names]) => names))].sort());
});

test("provider keys reach only web, also as files that follow changes of their Secret", async () => {
  await using place = await createExample();
  const mounts = templatesOf(dryRun(place).items).flatMap(({ name, template }) => {
    const { volumes = [], containers = [], initContainers = [] } = template.spec ?? {};
    const own = volumes.filter(({ secret }) => secret?.secretName === "agentrun-providers");
    expect(own.every(({ secret }) => secret?.optional)).toBe(true);
    return [...containers, ...initContainers].flatMap((container) =>
      (container.volumeMounts ?? [])
        .filter((mount) => own.some((volume) => volume.name === mount.name))
        .map(({ mountPath, readOnly, subPath }) => ({ of: `${name}/${container.name}`, mountPath, readOnly, subPath })),
    );
  });
  // What is mounted by a subPath would stay as it was.
  const mountPath = "/etc/agentrun-providers";
  expect(mounts).toEqual([{ of: "agentrun-web/web", mountPath, readOnly: true, subPath: undefined }]);
  expect(await readFile("docs/KUBERNETES.md", "utf8")).toContain(`\`${mountPath}/DEEPSEEK_API_KEY\``);
});

test("one tag sets the pods' image and that of the worker's runners", async () => {
  await using place = await createExample();
  const { items } = dryRun(place);
  const images = templatesOf(items).flatMap(({ template }) => template.spec?.containers.map(({ image }) => image));
  expect(new Set(images)).toEqual(new Set(["agentrun/server:0.2.0"]));
  const [config] = ofKind<k8s.V1ConfigMap>(items, "ConfigMap").filter(({ data }) => data?.AGENTRUN_EXECUTOR);
  expect(config?.data).toMatchObject({ AGENTRUN_RUNNER_IMAGE: "agentrun/runner:0.2.0" });
});

test("the server accepts the ConfigMap's values, and their names exist in the namespace", async () => {
  await using place = await createExample();
  const { items } = dryRun(place);
  const [config] = ofKind<k8s.V1ConfigMap>(items, "ConfigMap").filter(({ data }) => data?.AGENTRUN_EXECUTOR);
  const told = config?.data ?? {};
  expect(Object.keys(told).filter((name) => !(name in ServerEnv.shape))).toEqual([]);
  const env = parseEnv(ServerEnv, { ...told, DATABASE_URL: "postgres://db", AGENTRUN_NAMESPACE: place.name });
  expect(openSeams(env).volumes.namespace).toBe(place.name);
  await openExecutor(env, {
    log: createLog("silent", "test"),
    workspaceRoots: [],
    installationId: "of-a-test",
  }).close();
  const names = (kind: string) => items.filter((item) => item.kind === kind).map(({ metadata }) => metadata?.name);
  expect(names("ServiceAccount")).toContain(env.AGENTRUN_RUNNER_SERVICE_ACCOUNT);
  expect(names("Service")).toContain(new URL(env.AGENTRUN_RUNNER_URL ?? "").hostname);
});

test("the CronJob calls web with the secret, and fails when refused", async () => {
  await using place = await createExample();
  const gc = templatesOf(dryRun(place).items).find(({ name }) => name === "agentrun-gc");
  const [program = "", ...args] = gc?.template.spec?.containers[0]?.command ?? [];
  const asked: unknown[] = [];
  const web = createServer(({ method, url, headers: { authorization } }, res) => {
    asked.push({ method, url, authorization });
    res.writeHead(authorization === "Bearer good" ? 200 : 401).end("{}");
  }).listen(0, "127.0.0.1");
  await once(web, "listening");
  const { port } = web.address() as AddressInfo;
  const run = async (secret: string) => {
    const env = { ...process.env, AGENTRUN_URL: `http://127.0.0.1:${port}`, AGENTRUN_CRON_SECRET: secret };
    const [code] = await once(spawn(program, args, { env, stdio: "ignore" }), "exit");
    return code;
  };
  expect([await run("good"), await run("bad")]).toEqual([0, 1]);
  web.close();
  expect(await run("good")).not.toBe(0);
  expect(asked).toEqual([
    { method: "GET", url: "/api/cron/gc", authorization: "Bearer good" },
    { method: "GET", url: "/api/cron/gc", authorization: "Bearer bad" },
  ]);
});

test("a runner's pod reaches only web and DNS unless its run allows more, and nothing reaches it", async () => {
  await using place = await createExample();
  const { items } = dryRun(place);
  const policiesOf = (hasNetwork: boolean) => {
    const labels = jobFor({ ...ATTEMPT, hasNetwork }, POLICY).spec?.template.metadata?.labels;
    const policies = ofKind<k8s.V1NetworkPolicy>(items, "NetworkPolicy");
    return policies.filter(({ spec }) => selects(spec?.podSelector, labels));
  };
  const names = (policies: k8s.V1NetworkPolicy[]) => policies.map(({ metadata }) => metadata?.name).sort();
  const held = policiesOf(false);
  expect(names(held)).toEqual(["agentrun-default-deny", "agentrun-dns", "agentrun-runner"]);
  expect(names(policiesOf(true))).toEqual([...names(held), "agentrun-runner-network"]);
  expect(policiesOf(true).flatMap(({ spec }) => spec?.ingress ?? [])).toEqual([]);
  const ways = held.flatMap(({ spec }) => spec?.egress ?? []);
  expect(ways.map(({ ports }) => ports?.map(({ port }) => port))).toEqual([[53, 53], [3000]]);
  const web = ways[1]?.to?.[0]?.podSelector;
  expect(templatesOf(items).filter(({ template }) => selects(web, template.metadata?.labels))).toEqual([
    expect.objectContaining({ name: "agentrun-web" }),
  ]);
});

test("the CronJob and the worker may reach web", async () => {
  await using place = await createExample();
  const { items } = dryRun(place);
  const policies = ofKind<k8s.V1NetworkPolicy>(items, "NetworkPolicy");
  const web = templatesOf(items).find(({ name }) => name === "agentrun-web")?.template.metadata?.labels;
  const reachWeb = (labels: Labels | undefined) =>
    policies
      .filter(({ spec }) => selects(spec?.podSelector, labels))
      .flatMap(({ spec }) => spec?.egress ?? [])
      .some(
        ({ to, ports }) =>
          to?.some(({ podSelector }) => podSelector !== undefined && selects(podSelector, web)) === true &&
          ports?.some(({ port }) => port === 3000) === true,
      );
  const asking = templatesOf(items).filter(({ template }) => reachWeb(template.metadata?.labels));
  expect(asking.map(({ name }) => name).sort()).toEqual(["agentrun-gc", "agentrun-worker"]);
});

function selects(selector: k8s.V1LabelSelector | undefined, labels: Labels = {}): boolean {
  const isLabelled = Object.entries(selector?.matchLabels ?? {}).every(([key, value]) => labels[key] === value);
  const isListed = (selector?.matchExpressions ?? []).every(({ key, values }) => values?.includes(labels[key] ?? ""));
  return isLabelled && isListed;
}

test("sign-in settings added to a copy of the example reach web, and nothing else is lost", async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "agentrun-deploy-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  cpSync("deploy", folder, { recursive: true });
  const file = path.join(folder, "example", "kustomization.yaml");
  const [, told = ""] = /^```yaml\n([\s\S]*?)^```/m.exec(await readFile("docs/SIGN-IN.md", "utf8")) ?? [];
  const [example, added] = [await readFile(file, "utf8"), told].map((text) =>
    loadYaml<Record<string, unknown[]>>(text),
  );
  const lists = Object.entries(added ?? {}).map(([name, list]) => [name, [...(example?.[name] ?? []), ...list]]);
  writeFileSync(file, JSON.stringify({ ...example, ...Object.fromEntries(lists) }));
  writeFileSync(path.join(folder, "example", "sso.json"), "{}");

  const built = kubectl("kustomize", path.dirname(file)).stdout;
  const items = built.split(/^---$/m).map((text) => loadYaml<Manifest>(text));
  const maps = ofKind<k8s.V1ConfigMap>(items, "ConfigMap");
  const named = (start: string) => maps.find(({ metadata }) => metadata?.name?.startsWith(start));
  expect(named("agentrun-sso-")?.data).toEqual({ "sso.json": "{}" });
  expect(maps.map(({ data }) => data?.AGENTRUN_PUBLIC_URL).filter(Boolean)).toEqual(["http://127.0.0.1:3000"]);
  for (const { name, template } of templatesOf(items)) {
    const [container] = template.spec?.containers ?? [];
    const isWeb = name === "agentrun-web";
    const value = container?.env?.find((variable) => variable.name === "AGENTRUN_SSO")?.value;
    expect([name, value]).toEqual([name, isWeb ? "/etc/agentrun-sso/sso.json" : undefined]);
    const volume = template.spec?.volumes?.find((one) => one.name === "sso");
    expect([name, volume?.configMap?.name]).toEqual([name, isWeb ? named("agentrun-sso-")?.metadata?.name : undefined]);
  }
});
