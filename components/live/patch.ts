import { type InfiniteData, partialMatchKey, type Query, type QueryClient, type QueryKey } from "@tanstack/react-query";
import type { Api } from "@/components/trpc/lists";
import type { Approval } from "@/contract/approval";
import type { Page } from "@/contract/page";
import type { QueueTaskSummary } from "@/contract/queue";
import type { Run } from "@/contract/run";
import type { BeatsFrame, Runner } from "@/contract/runner";
import type { SessionSummary } from "@/contract/session";
import type { StorageSummary } from "@/contract/storage";
import type { TaskFrame } from "@/contract/watch";
import { BEATS_KEPT } from "@/contract/words";
import type { SessionFrame } from "./frames";

/** Changes the items of a cached infinite list in place; null removes one. The same object comes back when nothing changed. */
export function patchPages<Item>(
  data: InfiniteData<Page<Item>> | undefined,
  patch: (item: Item) => Item | null,
): InfiniteData<Page<Item>> | undefined {
  if (data === undefined) return undefined;
  let hasChanged = false;
  const pages = data.pages.map((page) => {
    const items = page.items.flatMap((item) => {
      const next = patch(item);
      if (next !== item) hasChanged = true;
      return next === null ? [] : [next];
    });
    return { ...page, items };
  });
  return hasChanged ? { ...data, pages } : data;
}

/** A session as the stream tells it, over what is cached: what is no newer loses, and the reader's mark is kept. */
export function patchSession(
  cached: SessionSummary,
  frame: SessionFrame,
  openSessionId: string | null,
): SessionSummary | null {
  if (cached.sessionId !== frame.sessionId) return cached;
  if (frame.kind === "deleted") return null;
  if (frame.session === undefined || frame.session.version <= cached.version) return cached;
  const unread = frame.sessionId !== openSessionId;
  // What has said something since is silent no longer.
  const silentSince = frame.session.lastActivityAt === cached.lastActivityAt ? cached.silentSince : null;
  return { ...cached, ...frame.session, unread, silentSince };
}

/**
 * A volume as its session's frame tells it. The pin, the archive and the keeper are not in a frame: they stay as they were
 * until they are asked for. The same object comes back when the frame tells nothing new.
 */
export function patchStorage(cached: StorageSummary, frame: SessionFrame): StorageSummary | null {
  if (cached.sessionId !== frame.sessionId) return cached;
  if (frame.kind === "deleted") return null;
  const { session } = frame;
  if (session === undefined) return cached;
  const patch = {
    title: session.title,
    projectId: session.projectId,
    expiresAt: session.expiresAt,
    // Of one without an expiry of its own the idle time decides, which no frame tells.
    collectableAt: session.expiresAt ?? (cached.expiresAt === null ? cached.collectableAt : null),
    storageKind: session.storageKind,
    storageState: session.storageState,
    pvcName: session.storagePvcName,
    namespace: session.storageNamespace,
    pvcPhase: session.storagePvcPhase,
    sizeBytes: session.storageSizeBytes,
    filesCount: session.storageFilesCount,
    sha256: session.storageSha256,
    updatedAt: session.storageUpdatedAt,
    evictedAt: session.storageEvictedAt,
  } satisfies Partial<StorageSummary>;
  const isSame = (Object.keys(patch) as (keyof typeof patch)[]).every((key) => patch[key] === cached[key]);
  return isSame ? cached : { ...cached, ...patch };
}

/** A run as the stream tells it. Heartbeats change no version: of the same one what was asked for is the newer. */
export function patchRun(cached: Run, run: Run): Run {
  return cached.id !== run.id || run.version <= cached.version ? cached : { ...cached, ...run };
}

/** An approval as the stream tells it; who asks is in the list alone. */
export function patchApproval<Cached extends Approval>(cached: Cached, approval: Approval): Cached {
  return cached.id !== approval.id || Date.parse(approval.updatedAt) < Date.parse(cached.updatedAt)
    ? cached
    : { ...cached, ...approval };
}

/** A task as the stream tells it: what waits no more waits for nothing, and what waits anew has to be asked about. */
export function patchTask(cached: QueueTaskSummary, frame: TaskFrame | undefined): QueueTaskSummary {
  if (frame === undefined || frame.id !== cached.id || frame.version <= cached.version) return cached;
  const blocker = cached.state === "pending" && frame.state === "pending" ? cached.blocker : null;
  // What is told of has changed since anybody looked.
  return { ...cached, ...frame, blocker, unread: true };
}

/** A record whose reader has read it up to a version: what has changed since is unread still. */
export function patchRead<Item extends { version: number; unread: boolean }>(
  cached: Item,
  readVersion: number | undefined,
): Item {
  return readVersion !== undefined && cached.unread && cached.version <= readVersion
    ? { ...cached, unread: false }
    : cached;
}

/** Patches every cached task of which there is a frame, in lists and alone. */
export function patchTasks(
  client: QueryClient,
  api: Api,
  frameOf: (id: string) => TaskFrame | undefined,
  only?: Query,
): void {
  const patch = (item: QueueTaskSummary) => patchTask(item, frameOf(item.id));
  patchLists<QueueTaskSummary>(client, api.queue.listTasks.pathKey(), patch, only);
  patchRecords<QueueTaskSummary>(client, api.queue.getTask.pathKey(), patch, only);
}

/** A runner as the stream tells it; one that has beaten since is newer. */
export function patchRunner(cached: Runner, runner: Runner): Runner {
  return cached.id !== runner.id || runner.beats.count < cached.beats.count ? cached : runner;
}

/** A runner with its newest beats behind those that are known. */
export function patchBeats(cached: Runner, update: BeatsFrame["runners"][number] | undefined): Runner {
  if (update === undefined || update.beats.count <= cached.beats.count) return cached;
  // What was read meanwhile is in the list already.
  const newCount = Math.min(update.beats.count - cached.beats.count, update.beats.gapsMs.length);
  const ring = <Beat>(existing: readonly Beat[], newest: readonly Beat[]) =>
    [...existing, ...newest.slice(-newCount)].slice(-BEATS_KEPT);
  const { count } = update.beats;
  const gapsMs = ring(cached.beats.gapsMs, update.beats.gapsMs);
  return { ...cached, ...update, beats: { count, gapsMs, tripsMs: ring(cached.beats.tripsMs, update.beats.tripsMs) } };
}

/** Patches every cached runner, in lists and alone. */
export function patchRunners(client: QueryClient, api: Api, patch: (cached: Runner) => Runner, only?: Query): void {
  patchLists<Runner>(client, api.runners.list.pathKey(), patch, only);
  patchRecords<Runner>(client, api.runners.get.pathKey(), patch, only);
}

/** Applies a patch to every cached list under a key, whatever its filter, be it infinite or of one page. */
export function patchLists<Item>(
  client: QueryClient,
  queryKey: QueryKey,
  patch: (item: Item) => Item | null,
  only?: Query,
): void {
  patchRecords<InfiniteData<Page<Item>> | Page<Item>>(
    client,
    queryKey,
    (data) => {
      if ("pages" in data) return patchPages(data, patch) ?? data;
      const whole = { pages: [data], pageParams: [null] };
      const patched = patchPages(whole, patch);
      return patched === whole ? data : (patched?.pages[0] ?? data);
    },
    only,
  );
}

/**
 * The same for records that are cached one by one. What is patched is as old as before, and asked for when it should be:
 * a patch tells nothing of what has come, or goes elsewhere now.
 */
export function patchRecords<Data>(
  client: QueryClient,
  queryKey: QueryKey,
  patch: (cached: Data) => Data,
  only?: Query,
): void {
  const queries = only === undefined ? client.getQueryCache().findAll({ queryKey }) : [only];
  for (const query of queries) {
    const { data, dataUpdatedAt, isInvalidated } = query.state;
    if (data === undefined || !partialMatchKey(query.queryKey, queryKey)) continue;
    const patched = patch(data as Data);
    if (patched === data) continue;
    query.setData(patched, { updatedAt: dataUpdatedAt, manual: true });
    if (isInvalidated) query.invalidate();
  }
}
