import type { ServiceContext } from "@/server/context";
import { Cluster } from "@/server/kubernetes";
import { type FaultSetup, inTenant, openClaimVolumes, openFolderVolumes } from "./context";
import { traceCluster, traceContext } from "./crossings";
import type { Story } from "./stories";
import type { Subject } from "./subjects";
import type { Tracer } from "./tracer";

/** Makes a process's context for one subject of a story, with a tracer if one is given. */
export function storyContext(
  setup: FaultSetup,
  opened: ServiceContext,
  job: { story: Story; subject: Subject; tracer?: Tracer },
): ServiceContext {
  const { story, subject, tracer } = job;
  const { namespace, kubeconfig } = setup;
  const cluster = new Cluster({ namespace, kubeconfig });
  if (!tracer) {
    return inTenant(
      { ...opened, volumes: story.isFolder ? openFolderVolumes(setup) : opened.volumes },
      subject.tenantId,
    );
  }
  const volumes = story.isFolder
    ? openFolderVolumes(setup)
    : openClaimVolumes(setup, traceCluster(cluster, tracer.cross));
  return inTenant(traceContext(opened, volumes, tracer.cross), subject.tenantId);
}
