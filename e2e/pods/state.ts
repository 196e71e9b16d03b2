/** What the setup brought up and the stories use. */
export type Pods = {
  url: string;
  token: string;
  namespace: string;
  kubeconfig: string;
  /** This machine's address, as pods see it. */
  address: string;
  runnerImage: string;
  /** containerd's, below Kubernetes. */
  containerd: string;
};

const VARIABLE = "AGENTRUN_TEST_PODS";

/** Playwright hands its environment on to the processes that run the stories, and nothing else. */
export function keepPods(pods: Pods): void {
  process.env[VARIABLE] = JSON.stringify(pods);
}

export function pods(): Pods {
  const kept = process.env[VARIABLE];
  if (!kept) throw new Error("the stories through pods are run by `npm run test:pods`");
  return JSON.parse(kept);
}
