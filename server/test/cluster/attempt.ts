import type { ArchiverSpec, LaunchSpec } from "@/server/executors";
import type { JobPolicy } from "@/server/executors/kubernetes";

export const POLICY: JobPolicy = {
  installationId: "of-a-test",
  image: "agentrun/runner",
  imagePullPolicy: "Never",
  serviceAccount: "agentrun-runner",
  cpuRequest: "100m",
  memoryRequest: "128Mi",
  memoryLimit: "1Gi",
  scratchLimit: "1Gi",
  activeDeadlineSeconds: 3_600,
  ttlSeconds: 600,
  logLevel: "info",
  networkProbe: "$(KUBERNETES_SERVICE_HOST):$(KUBERNETES_SERVICE_PORT)",
};

export const ATTEMPT: LaunchSpec = {
  attemptId: "att_1",
  runId: "run_1",
  runnerId: "runner_1",
  launchToken: "arl_1",
  url: "http://agentrun-web",
  leaseMs: 20_000,
  volumeDir: null,
  volumeName: null,
  hasNetwork: false,
  isReadOnly: false,
};

export const ARCHIVER: ArchiverSpec = {
  attemptId: "arv_1",
  sessionId: "ses_1",
  token: "arv_first",
  url: "http://agentrun-web",
  volumeName: "agentrun-volume",
  rolloutSubdir: "sessions",
};
