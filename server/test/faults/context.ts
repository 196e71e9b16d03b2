import path from "node:path";
import { createFolderArchive } from "@/server/archive/folder";
import type { Actor, ServiceContext } from "@/server/context";
import { Cluster } from "@/server/kubernetes";
import { ADMIN, type TestContext, tenantOperator, testContext } from "@/server/test/context";
import { createKubernetesVolumes } from "@/server/volumes/kubernetes";
import { createLocalVolumes } from "@/server/volumes/local";
import type { Volumes } from "@/server/volumes/volumes";

/** What a test's processes share. All of it can be handed to a child. */
export type FaultSetup = {
  databaseUrl: string;
  kubeconfig: string;
  namespace: string;
  /** Holds `archive/`, `volumes/` and `mounts/`. */
  dataDir: string;
  /**
   * Whether a provisioner binds the claims. A claim that stays Pending is changed by nobody but the code under test.
   */
  bindsClaims: boolean;
};

const MIB = 1024 ** 2;
/** Each process that stands at a commit holds its connection: a story of five commits, killed five times at each side. */
const POOL_MAX = 64;
/** Hundreds of claims are deleted at once, and the cluster deletes some twenty a second. */
const GONE_DEADLINE_MS = 60_000;
/** A busy machine is not one of the faults under test. */
const CLUSTER_DEADLINE_MS = 60_000;
const DATABASE_DEADLINE_MS = 120_000;

/** Opens a process's context on real claims, without a network. */
export function openContext(setup: FaultSetup, options: { actor?: Actor; deadlineMs?: number } = {}): TestContext {
  const { namespace, kubeconfig } = setup;
  const cluster = new Cluster({ namespace, kubeconfig, deadlineMs: options.deadlineMs ?? CLUSTER_DEADLINE_MS });
  const volumes = openClaimVolumes(setup, cluster);
  const context = testContext(
    { url: setup.databaseUrl },
    { actor: options.actor ?? ADMIN, volumes, poolMax: POOL_MAX, deadlineMs: DATABASE_DEADLINE_MS },
  );
  return Object.assign(context, { archive: createFolderArchive(path.join(setup.dataDir, "archive")) });
}

export function openClaimVolumes({ bindsClaims }: FaultSetup, cluster: Cluster): Volumes {
  const storageClass = bindsClaims ? undefined : "";
  return createKubernetesVolumes({
    cluster,
    policy: { storageClass, accessMode: "ReadWriteOnce", defaultSizeBytes: MIB },
    goneDeadlineMs: GONE_DEADLINE_MS,
  });
}

export function openFolderVolumes(setup: FaultSetup): Volumes {
  return createLocalVolumes(path.join(setup.dataDir, "volumes"));
}

/** Binds the same process to one tenant: its sweeps see nothing of the others. */
export function inTenant(ctx: ServiceContext, tenantId: string): ServiceContext {
  return { ...ctx, actor: tenantOperator(tenantId) };
}
