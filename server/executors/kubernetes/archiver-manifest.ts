import type { ArchiverSpec } from "@/server/executors/executor";
import type { Job } from "@/server/kubernetes";
import { type JobPolicy, restrictedContainer, restrictedJob, VOLUME_DIR } from "./pod";

const SESSION = "agentrun.dev/session-id";
/** Archiving the largest allowed workspace takes minutes. */
const DEADLINE_SECONDS = 3_600;

/** Builds an archiver's Job: the runner's image with the volume mounted read-only, and access to web. */
export function archiverJobFor(spec: ArchiverSpec, policy: JobPolicy): Job {
  const { attemptId, sessionId } = spec;
  const environment = {
    AGENTRUN_STEP: "archive",
    AGENTRUN_URL: spec.url,
    AGENTRUN_ATTEMPT: attemptId,
    AGENTRUN_SESSION_ID: literal(sessionId),
    AGENTRUN_ROLLOUT_SUBDIR: spec.rolloutSubdir,
    AGENTRUN_VOLUME_DIR: VOLUME_DIR,
    HOME: "/tmp",
    LOG_LEVEL: policy.logLevel,
  };
  const head = {
    attemptId,
    annotations: { [SESSION]: sessionId },
    hasNetwork: false,
    deadlineSeconds: DEADLINE_SECONDS,
  };
  return restrictedJob(head, policy, {
    containers: [
      {
        name: "archiver",
        ...restrictedContainer(policy, { environment, token: { variable: "AGENTRUN_ARCHIVER_TOKEN", attemptId } }),
        volumeMounts: [
          { name: "volume", mountPath: VOLUME_DIR, readOnly: true },
          { name: "tmp", mountPath: "/tmp" },
        ],
      },
    ],
    volumes: [
      { name: "volume", persistentVolumeClaim: { claimName: spec.volumeName } },
      { name: "tmp", emptyDir: { sizeLimit: policy.scratchLimit } },
    ],
  });
}

/** Escapes `$`, because the cluster expands `$(NAME)` and the id of an adopted session may hold anything. */
function literal(value: string): string {
  return value.replaceAll("$", "$$$$");
}
