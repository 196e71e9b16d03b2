import type * as k8s from "@kubernetes/client-node";
import { toKubernetesError } from "./errors";

export type Claim = k8s.V1PersistentVolumeClaim;
export type Container = k8s.V1Container;
export type ContainerStatus = k8s.V1ContainerStatus;
export type ClusterEvent = k8s.CoreV1Event;
export type Job = k8s.V1Job;
export type Pod = k8s.V1Pod;
export type PodSpec = k8s.V1PodSpec;
export type Secret = k8s.V1Secret;
export type VolumeMount = k8s.V1VolumeMount;
/** Binds a deletion to the object that was read, and to its version. */
export type Preconditions = { uid: string; resourceVersion?: string };

type PageRequest = { namespace: string; labelSelector: string; limit: number; _continue: string | undefined };
type Client = typeof k8s;
type Apis = { core: k8s.CoreV1Api; batch: k8s.BatchV1Api; watch: k8s.Watch };

/** What can be watched, and its API path. */
const WATCHED = { jobs: "/apis/batch/v1", pods: "/api/v1" } as const;
export type WatchedKind = keyof typeof WATCHED;
export type WatchRequest = {
  labelSelector: string;
  /** The version that is known already; changes after it are reported. */
  resourceVersion: string;
  signal: AbortSignal;
  onChange: (object: Job | Pod) => void;
};

export type ClusterOptions = {
  namespace: string;
  /** The path of a kubeconfig. Absent: the usual places are used: KUBECONFIG, the home folder, a pod's own account. */
  kubeconfig?: string;
  deadlineMs?: number;
};

const DEADLINE_MS = 10_000;
const PAGE = 500;
/** Kubernetes counts repeated events, so an object seldom has more. */
const EVENTS_MAX = 100;
/** The server ends a watch after this many seconds, and until then sends something at least every minute. */
const WATCH_SECONDS = 240;
const WATCH_SILENCE_MS = 90_000;

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

  /** Deletes a Job, which is removed once its pods are gone. */
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

  /** Returns the cluster's events of one object. The cluster keeps events for an hour. */
  async listEvents(kind: "Job" | "Pod", name: string): Promise<ClusterEvent[]> {
    const fieldSelector = `involvedObject.kind=${kind},involvedObject.name=${name}`;
    const { items } = await this.#ask(`list Events of ${kind} ${name}`, ({ core }) =>
      core.listNamespacedEvent({ namespace: this.namespace, fieldSelector, limit: EVENTS_MAX }),
    );
    return items;
  }

  /**
   * Returns the last lines of a container's log, each after its time. What exceeds `limitBytes` is cut off at the end.
   */
  readLog(name: string, what: { container: string; tailLines: number; limitBytes: number }): Promise<string> {
    return this.#ask(`read the log of Pod ${name}`, ({ core }) =>
      core.readNamespacedPodLog({ name, namespace: this.namespace, timestamps: true, ...what }),
    );
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

  /** Returns the version of the whole list, without its items. */
  async readVersion(kind: WatchedKind, labelSelector: string): Promise<string> {
    const page = { namespace: this.namespace, labelSelector, limit: 1 };
    const { metadata } = await this.#ask<k8s.V1JobList | k8s.V1PodList>(`list ${kind}`, ({ core, batch }) =>
      kind === "jobs" ? batch.listNamespacedJob(page) : core.listNamespacedPod(page),
    );
    return metadata?.resourceVersion ?? "";
  }

  /**
   * Reports changes until the server or the signal ends the watch, then returns the version to continue from. Throws
   * `expired` when the server no longer knows what came after the given version.
   */
  async watch(kind: WatchedKind, request: WatchRequest): Promise<string> {
    return this.#ask(`watch ${kind}`, async ({ watch }) => {
      const path = `${WATCHED[kind]}/namespaces/${this.namespace}/${kind}`;
      const { labelSelector, resourceVersion } = request;
      const query = { labelSelector, resourceVersion, allowWatchBookmarks: true, timeoutSeconds: WATCH_SECONDS };
      return await runWatch(watch, { path, query }, request);
    });
  }

  /** Lists in pages, so that memory does not grow with what is listed. */
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
      this.#apis ??= this.#connect().catch((error: unknown) => {
        // A kubeconfig that does not exist yet may exist at the next call.
        this.#apis = null;
        throw error;
      });
      return await call(await this.#apis);
    } catch (error) {
      throw toKubernetesError(error, what);
    }
  }

  async #connect(): Promise<Apis> {
    // Loaded on first use: it weighs more than everything else in a process without a cluster.
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
          async post(response) {
            // An empty answer has no content type, and the client refuses to read it: the log of a pod without a node.
            if (response.httpStatusCode === 204) response.headers["content-type"] ??= "text/plain";
            return response;
          },
        },
      ],
    });
    const watch = new client.Watch(config);
    return { core: new client.CoreV1Api(configuration), batch: new client.BatchV1Api(configuration), watch };
  }
}

/** Runs a watch as a promise: resolves at its end, or rejects with the server's reason why it cannot continue. */
function runWatch(
  watch: k8s.Watch,
  { path, query }: { path: string; query: Record<string, string | number | boolean> },
  { resourceVersion, signal, onChange }: WatchRequest,
): Promise<string> {
  return new Promise((resolve, reject) => {
    let version = resourceVersion;
    let problem: unknown = null;
    let stream: AbortController | undefined;
    let isOver = false;
    const stop = () => {
      isOver = true;
      // The stream has not been opened yet: do not wait for the server.
      if (stream) stream.abort();
      else end(null);
    };
    // A connection that nobody closes would stay silent for ever.
    const silence = setTimeout(stop, WATCH_SILENCE_MS);
    const hear = (type: string, object: Job & Pod & k8s.V1Status) => {
      silence.refresh();
      if (type === "ERROR") {
        problem = { code: object.code, body: object };
        return stop();
      }
      version = object.metadata?.resourceVersion ?? version;
      if (type !== "BOOKMARK") onChange(object);
    };
    const end = (error: unknown) => {
      clearTimeout(silence);
      signal.removeEventListener("abort", stop);
      const why = problem ?? error;
      const { name, message, statusCode } = (why ?? {}) as { name?: string; message?: string; statusCode?: number };
      // This program also ends a watch by aborting it.
      if (why === null || why === undefined || name === "AbortError") resolve(version);
      else reject(statusCode === undefined ? why : { code: statusCode, body: { message } });
    };
    signal.addEventListener("abort", stop);
    watch.watch(path, query, hear, end).then((opened) => {
      stream = opened;
      if (isOver || signal.aborted) opened.abort();
    }, end);
  });
}
