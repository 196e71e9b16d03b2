import path from "node:path";
import type { Archive } from "@/server/archive/archive";
import { createFolderArchive } from "@/server/archive/folder";
import { createS3Archive } from "@/server/archive/s3";
import { createKubernetesVolumes } from "@/server/volumes/kubernetes";
import { createLocalVolumes } from "@/server/volumes/local";
import type { Volumes } from "@/server/volumes/volumes";
import type { ServerEnv } from "./env";
import { Cluster } from "./kubernetes";

/**
 * Opens volumes and the archive as the environment says. Throws an error that names a variable that does not fit the
 * others.
 */
export function openSeams(env: ServerEnv): { volumes: Volumes; archive: Archive } {
  const dataDir = path.resolve(env.AGENTRUN_DATA_DIR);
  return { volumes: openVolumes(env, dataDir), archive: openArchive(env, dataDir) };
}

/** Opens the cluster with the namespace of volumes and Jobs. Connects at the first call. */
export function openCluster(env: ServerEnv): Cluster {
  return new Cluster({ namespace: env.AGENTRUN_NAMESPACE });
}

function openVolumes(env: ServerEnv, dataDir: string): Volumes {
  const { AGENTRUN_EXECUTOR: executor, AGENTRUN_VOLUMES: kind } = env;
  if (kind === "local") {
    if (executor === "kubernetes")
      throw new Error("AGENTRUN_VOLUMES: pods cannot mount this machine's folders: use kubernetes");
    return createLocalVolumes(path.join(dataDir, "volumes"));
  }
  if (executor === "local")
    throw new Error("AGENTRUN_VOLUMES: local runners cannot mount claims: set AGENTRUN_EXECUTOR to kubernetes or none");
  return createKubernetesVolumes({
    cluster: openCluster(env),
    policy: {
      storageClass: env.AGENTRUN_STORAGE_CLASS,
      accessMode: env.AGENTRUN_STORAGE_ACCESS_MODE,
      defaultSizeBytes: env.AGENTRUN_STORAGE_SIZE_BYTES,
    },
  });
}

function openArchive(env: ServerEnv, dataDir: string): Archive {
  const place = env.AGENTRUN_ARCHIVE ?? path.join(dataDir, "archive");
  if (!place.startsWith("s3://")) return createFolderArchive(path.resolve(place));
  const endpoint = env.AWS_ENDPOINT_URL_S3 ?? env.AWS_ENDPOINT_URL;
  return createS3Archive({ url: place, endpoint, region: env.AWS_REGION });
}
