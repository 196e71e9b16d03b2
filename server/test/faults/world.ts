import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import * as k8s from "@kubernetes/client-node";
import { eq, sql } from "drizzle-orm";
import { inject, type TestContext as TestRun } from "vitest";
import { audit, sessions } from "@/db/schema";
import { createTestDatabase } from "@/db/test/database";
import type { Cluster } from "@/server/kubernetes";
import { checkAudit, type Finding, type LiveClaim } from "@/server/test/cluster/audit-checker";
import { PERSON, readAuditLog } from "@/server/test/cluster/audit-log";
import { type FaultProxy, startFaultProxy } from "@/server/test/cluster/fault-proxy";
import { createTestNamespace } from "@/server/test/cluster/namespace";
import type { TestContext } from "@/server/test/context";
import { type FaultSetup, openContext } from "./context";
import { readHistory, recordHistory } from "./history";

export interface FaultWorld extends AsyncDisposable {
  setup: FaultSetup;
  proxy: FaultProxy;
  /** The same setup, with the API server reached through the proxy. */
  proxied: FaultSetup;
  ctx: TestContext;
  /** An administrator of the cluster who is not AgentRun: what they delete is not counted as AgentRun's doing. */
  person: k8s.CoreV1Api;
  /** The cluster as AgentRun reaches it, without going through its volumes. */
  admin: k8s.CoreV1Api;
  cluster: Cluster;
  /** Writes values into a session's row that no procedure would write. */
  plant(sessionId: string, values: Partial<typeof sessions.$inferInsert>): Promise<void>;
  claims(): Promise<LiveClaim[]>;
  /** Compares the API server's audit log with the database's history; null: there is no log. */
  check(): Promise<Finding[] | null>;
}

/** Makes a namespace, a database that records its history, an archive, and a proxy before the API server. */
export async function createFaultWorld(options: Pick<FaultSetup, "bindsClaims">): Promise<FaultWorld> {
  const namespace = await createTestNamespace();
  const database = await createTestDatabase();
  const dataDir = await mkdtemp(path.join(tmpdir(), "agentrun-faults-"));
  for (const folder of ["volumes", "mounts"]) await mkdir(path.join(dataDir, folder));
  const kubeconfig = inject("kubeconfig");
  const auditLog = inject("auditLog");
  const setup = { databaseUrl: database.url, kubeconfig, namespace: namespace.name, dataDir, ...options };
  const proxy = await startFaultProxy(kubeconfig);
  const ctx = openContext(setup);
  await recordHistory(ctx.database.db);
  const claims = async (): Promise<LiveClaim[]> => {
    const { items } = await namespace.core.listNamespacedPersistentVolumeClaim({ namespace: namespace.name });
    return items.map(({ metadata }) => ({
      name: metadata?.name ?? "",
      uid: metadata?.uid ?? "",
      sessionId: metadata?.annotations?.["agentrun.dev/session-id"] ?? null,
    }));
  };
  return {
    setup,
    proxy,
    proxied: { ...setup, kubeconfig: proxy.kubeconfig },
    ctx,
    person: createPersonClient(kubeconfig),
    admin: namespace.core,
    cluster: namespace.cluster,
    async plant(sessionId, values) {
      await ctx.database.db.update(sessions).set(values).where(eq(sessions.sessionId, sessionId));
    },
    claims,
    async check() {
      if (auditLog === null) return null;
      return checkAudit({
        events: await readAuditLog(auditLog, namespace.name),
        history: await readHistory(ctx.database.db),
        recorded: await ctx.database.db
          .select({ action: audit.action, targetId: audit.targetId, transaction: sql<string>`xmin::text` })
          .from(audit),
        claims: await claims(),
      });
    },
    async [Symbol.asyncDispose]() {
      await ctx[Symbol.asyncDispose]();
      await proxy[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
      await namespace[Symbol.asyncDispose]();
      await rm(dataDir, { recursive: true });
    },
  };
}

/** Returns what the checker finds in a calm world. Without an audit log the test is skipped. */
export async function auditFindings(world: FaultWorld, { skip }: Pick<TestRun, "skip">): Promise<Finding[]> {
  const findings = await world.check();
  if (findings !== null) return findings;
  console.warn("NOT RUN: this cluster's audit log is not known, so nobody has checked what was deleted in it.");
  return skip("name the API server's audit log in AGENTRUN_TEST_AUDIT_LOG");
}

function createPersonClient(kubeconfig: string): k8s.CoreV1Api {
  const config = new k8s.KubeConfig();
  config.loadFromFile(kubeconfig);
  const { server } = config.getCurrentCluster() ?? { server: "" };
  return new k8s.CoreV1Api(
    k8s.createConfiguration({
      baseServer: new k8s.ServerConfiguration(server, {}),
      authMethods: { default: config },
      promiseMiddleware: [
        {
          async pre(request) {
            request.setHeaderParam("Impersonate-User", PERSON);
            request.setHeaderParam("Impersonate-Group", "system:masters");
            return request;
          },
          post: async (response) => response,
        },
      ],
    }),
  );
}
