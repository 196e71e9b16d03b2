import type * as k8s from "@kubernetes/client-node";
import { toKubernetesError } from "./errors";

export type Claim = k8s.V1PersistentVolumeClaim;
export type Job = k8s.V1Job;
export type Pod = k8s.V1Pod;
export type Secret = k8s.V1Secret;
/** What a deletion is bound to: the very object that was read, as it was. */
export type Preconditions = { uid: string; resourceVersion?: string };

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

  /** All claims with a label, in pages, so that memory does not grow with them. */
  async *listClaims(labelSelector: string): AsyncGenerator<Claim[]> {
    let token: string | undefined;
    do {
      const page = await this.#ask("list PersistentVolumeClaims", ({ core }) =>
        core.listNamespacedPersistentVolumeClaim({
          namespace: this.namespace,
          labelSelector,
          limit: PAGE,
          ...(token === undefined ? {} : { _continue: token }),
        }),
      );
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
