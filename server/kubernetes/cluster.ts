import type * as k8s from "@kubernetes/client-node";
import { toKubernetesError } from "./errors";

export type Claim = k8s.V1PersistentVolumeClaim;
export type Container = k8s.V1Container;
export type ContainerStatus = k8s.V1ContainerStatus;
export type Job = k8s.V1Job;
export type Pod = k8s.V1Pod;
export type PodSpec = k8s.V1PodSpec;
export type Secret = k8s.V1Secret;
export type VolumeMount = k8s.V1VolumeMount;
/** What a deletion is bound to: the very object that was read, as it was. */
export type Preconditions = { uid: string; resourceVersion?: string };

type PageRequest = { namespace: string; labelSelector: string; limit: number; _continue: string | undefined };
type Client = typeof k8s;
type Apis = { core: k8s.CoreV1Api; batch: k8s.BatchV1Api };

export type ClusterOptions = {
  namespace: string;
  /** Of a kubeconfig; absent, the usual places are looked at: KUBECONFIG, the home folder, a pod's own account. */
  kubeconfig?: string;
  deadlineMs?: number;
};

const DEADLINE_MS = 10_000;
const PAGE = 500;

/** One namespace of a Kubernetes cluster. Every call has a deadline and fails with a `KubernetesError`. */
export class Cluster {
  readonly namespace: string;
  #apis: Promise<Apis> | null = null;

  constructor(private readonly options: ClusterOptions) {
    this.namespace = options.namespace;
  }

  readClaim(name: string): Promise<Claim> {
    return this.#ask(`read PersistentVolumeClaim ${name}`, ({ core }) =>
      core.readNamespacedPersistentVolumeClaim({ name, namespace: this.namespace }),
    );
  }

  createClaim(body: Claim): Promise<Claim> {
    return this.#ask(`create PersistentVolumeClaim ${body.metadata?.name}`, ({ core }) =>
      core.createNamespacedPersistentVolumeClaim({ namespace: this.namespace, body }),
    );
  }

  async deleteClaim(name: string, preconditions: Preconditions): Promise<void> {
    await this.#ask(`delete PersistentVolumeClaim ${name}`, ({ core }) =>
      core.deleteNamespacedPersistentVolumeClaim({ name, namespace: this.namespace, body: { preconditions } }),
    );
  }

  listClaims(labelSelector: string): AsyncGenerator<Claim[]> {
    return this.#pages(labelSelector, "list PersistentVolumeClaims", ({ core }, page) =>
      core.listNamespacedPersistentVolumeClaim(page),
    );
  }

  readJob(name: string): Promise<Job> {
    return this.#ask(`read Job ${name}`, ({ batch }) => batch.readNamespacedJob({ name, namespace: this.namespace }));
  }

  createJob(body: Job): Promise<Job> {
    return this.#ask(`create Job ${body.metadata?.name}`, ({ batch }) =>
      batch.createNamespacedJob({ namespace: this.namespace, body }),
    );
  }

  /** The Job goes once its pods are gone. */
  async deleteJob(name: string, preconditions: Preconditions): Promise<void> {
    await this.#ask(`delete Job ${name}`, ({ batch }) =>
      batch.deleteNamespacedJob({
        name,
        namespace: this.namespace,
        body: { preconditions, propagationPolicy: "Foreground" },
      }),
    );
  }

  listJobs(labelSelector: string): AsyncGenerator<Job[]> {
    return this.#pages(labelSelector, "list Jobs", ({ batch }, page) => batch.listNamespacedJob(page));
  }

  async listPods(labelSelector: string): Promise<Pod[]> {
    const { items } = await this.#ask("list Pods", ({ core }) =>
      core.listNamespacedPod({ namespace: this.namespace, labelSelector, limit: PAGE }),
    );
    return items;
  }

  async createSecret(body: Secret): Promise<void> {
    await this.#ask(`create Secret ${body.metadata?.name}`, ({ core }) =>
      core.createNamespacedSecret({ namespace: this.namespace, body }),
    );
  }

  async replaceSecret(body: Secret): Promise<void> {
    const name = body.metadata?.name ?? "";
    await this.#ask(`replace Secret ${name}`, ({ core }) =>
      core.replaceNamespacedSecret({ name, namespace: this.namespace, body }),
    );
  }

  /** In pages, so that memory does not grow with what is listed. */
  async *#pages<Item>(
    labelSelector: string,
    what: string,
    list: (apis: Apis, page: PageRequest) => Promise<{ items: Item[]; metadata?: { _continue?: string } }>,
  ): AsyncGenerator<Item[]> {
    let token: string | undefined;
    do {
      const request = { namespace: this.namespace, labelSelector, limit: PAGE, _continue: token };
      const page = await this.#ask(what, (apis) => list(apis, request));
      yield page.items;
      token = page.metadata?._continue || undefined;
    } while (token !== undefined);
  }

  async #ask<T>(what: string, call: (apis: Apis) => Promise<T>): Promise<T> {
    try {
      this.#apis ??= this.#connect();
      return await call(await this.#apis);
    } catch (error) {
      throw toKubernetesError(error, what);
    }
  }

  async #connect(): Promise<Apis> {
    // Loaded when it is needed: it weighs more than all else in a process that has no cluster.
    const client: Client = await import("@kubernetes/client-node");
    const config = new client.KubeConfig();
    if (this.options.kubeconfig === undefined) config.loadFromDefault();
    else config.loadFromFile(this.options.kubeconfig);
    const server = config.getCurrentCluster()?.server;
    if (!server) throw new Error("the kubeconfig has no current cluster");
    const deadlineMs = this.options.deadlineMs ?? DEADLINE_MS;
    const configuration = client.createConfiguration({
      baseServer: new client.ServerConfiguration(server, {}),
      authMethods: { default: config },
      promiseMiddleware: [
        {
          async pre(request) {
            request.setSignal(AbortSignal.timeout(deadlineMs));
            return request;
          },
          post: async (response) => response,
        },
      ],
    });
    return { core: new client.CoreV1Api(configuration), batch: new client.BatchV1Api(configuration) };
  }
}
