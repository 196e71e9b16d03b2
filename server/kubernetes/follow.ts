import { setTimeout as pause } from "node:timers/promises";
import type { Cluster, Job, Pod, WatchedKind } from "./cluster";
import { isKubernetesProblem } from "./errors";

const BACKOFF_BASE_MS = 500;
const BACKOFF_MAX_MS = 30_000;
const WATCH_MIN_MS = 1_000;

export type FollowOptions = {
  labelSelector: string;
  onChange: (object: Job | Pod) => void;
  /** Called when changes before now may have been missed. */
  onGap: () => void;
  /** Called for the first failure after a success: further failures are the same. */
  onError: (error: unknown) => void;
};

/**
 * Reports changes to a kind of object until it is closed. It resumes where it broke off, begins anew where the server
 * has forgotten that place, and never gives up. Listeners must still look by themselves, because a watch may be dead.
 */
export function followChanges(cluster: Cluster, kind: WatchedKind, options: FollowOptions): { close(): void } {
  const abort = new AbortController();
  const { signal } = abort;

  async function follow(): Promise<void> {
    let version: string | null = null;
    let failures = 0;
    while (!signal.aborted) {
      try {
        if (version === null) {
          version = await cluster.readVersion(kind, options.labelSelector);
          options.onGap();
        }
        const { labelSelector, onChange } = options;
        const openedAt = performance.now();
        version = await cluster.watch(kind, { labelSelector, resourceVersion: version, signal, onChange });
        failures = 0;
        // Waits, so that a server that ends each watch at once is not asked in a tight loop.
        if (performance.now() - openedAt < WATCH_MIN_MS) await pause(WATCH_MIN_MS, undefined, { signal });
      } catch (error) {
        if (signal.aborted) return;
        // Any error except a silence may concern the version itself.
        if (!isKubernetesProblem(error, "unknown")) version = null;
        if (failures === 0 && !isKubernetesProblem(error, "expired")) options.onError(error);
        failures += 1;
        const delayMs = Math.min(BACKOFF_MAX_MS, BACKOFF_BASE_MS * 2 ** Math.min(failures, 10));
        await pause(delayMs * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => undefined);
      }
    }
  }

  void follow();
  return { close: () => abort.abort() };
}
