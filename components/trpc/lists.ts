import type { TRPCOptionsProxy } from "@trpc/tanstack-react-query";
import type { Approval, ListApprovalsInput } from "@/contract/approval";
import type { ListRunsInput, Run } from "@/contract/run";
import type { Runner } from "@/contract/runner";
import type { ListSessionsInput, SessionSummary } from "@/contract/session";
import type { GcHistoryEntry, ListStorageInput, StorageSummary } from "@/contract/storage";
import type { AppRouter } from "@/server/trpc/types";
import { paged } from "./paged";

type Api = TRPCOptionsProxy<AppRouter>;
const PAGE = 50;

/** The console's lists; a page's prefetch and its component take the same one, so that their keys cannot drift. */
export const sessionPages = (api: Api, input: Partial<ListSessionsInput>) =>
  paged<SessionSummary>((from) => api.sessions.list.queryOptions({ limit: PAGE, ...input, ...from }));

export const runPages = (api: Api, input: Partial<ListRunsInput>) =>
  paged<Run>((from) => api.runs.list.queryOptions({ limit: PAGE, ...input, ...from }));

export const approvalPages = (api: Api, input: Partial<ListApprovalsInput>) =>
  paged<Approval>((from) => api.approvals.list.queryOptions({ limit: PAGE, ...input, ...from }));

export const runnerPages = (api: Api) =>
  paged<Runner>((from) => api.runners.list.queryOptions({ limit: PAGE, ...from }));

export const storagePages = (api: Api, input: Partial<ListStorageInput>) =>
  paged<StorageSummary>((from) => api.storage.list.queryOptions({ limit: PAGE, ...input, ...from }));

/** Enough to tell the large from the rest in a picture. */
const PICTURED = 60;

/** The largest volumes, and with them the totals of all that the input matches. */
export const storagePicture = (api: Api, input: Pick<Partial<ListStorageInput>, "tenantId" | "projectId">) =>
  api.storage.list.queryOptions({ storageKind: "pvc", sort: "sizeBytes", limit: PICTURED, ...input });

/** What a clean-up is about, the longest expired first. */
export const expiredVolumes = (api: Api) =>
  api.storage.list.queryOptions({ isExpired: true, sort: "expiresAt", limit: 200 });

/** No stream tells of collections. */
export const HISTORY_POLL_MS = 60_000;

export const collectionPages = (api: Api) =>
  paged<GcHistoryEntry>((from) => api.storage.history.queryOptions({ limit: PAGE, ...from }));

/** The newest collection, and when the next one comes. */
export const newestCollection = (api: Api) =>
  api.storage.history.queryOptions({ limit: 1 }, { refetchInterval: HISTORY_POLL_MS });

const LEASE_POLL_MS = 5_000;

/** A run whose lease is shown: heartbeats change no version, so nothing tells of them and a held lease is asked for. */
export const leasedRun = (api: Api, runId: string) =>
  api.runs.get.queryOptions(
    { runId },
    { refetchInterval: (query) => (query.state.data?.status === "claimed" ? LEASE_POLL_MS : false) },
  );
