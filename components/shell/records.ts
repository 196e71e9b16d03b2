import { viewAddress } from "@/components/views/addresses";
import type { Approval } from "@/contract/approval";
import type { Attachment } from "@/contract/attachment";
import type { Command } from "@/contract/command";
import type { RunEvent } from "@/contract/event";
import type { RunnerJob } from "@/contract/runner";
import type { ModelCall } from "@/contract/usage";
import type { View } from "@/contract/view";
import type { WebhookDelivery } from "@/contract/webhook";
import { ID_PREFIX } from "@/contract/words";
import {
  attachmentAddress,
  auditAddress,
  budgetAddress,
  bulkAddress,
  eventAddress,
  runAddress,
  runJobAddress,
  runnerAddress,
  scheduleAddress,
  sessionAddress,
  taskAddress,
  webhookAddress,
} from "./addresses";

/** What is asked about a record whose own page does not bear its id; each fails, or answers nothing, where there is none. */
export type RecordReader = {
  event: (eventId: string) => Promise<Pick<RunEvent, "runId" | "seq">>;
  command: (commandId: string) => Promise<Pick<Command, "runId">>;
  /** By its own id, or its attempt's. */
  runnerJob: (id: string) => Promise<Pick<RunnerJob, "runId" | "attemptId">>;
  approval: (approvalId: string) => Promise<Pick<Approval, "runId" | "sessionId">>;
  modelCall: (callId: string) => Promise<Pick<ModelCall, "runId"> | undefined>;
  view: (viewId: string) => Promise<Pick<View, "page" | "query"> | undefined>;
  attachment: (attachmentId: string) => Promise<Pick<Attachment, "sessionId">>;
  delivery: (deliveryId: string) => Promise<Pick<WebhookDelivery, "webhookId">>;
};
type Kind = keyof typeof ID_PREFIX;
/** Null: there is no such record. */
type Address = string | null;
type Find = (id: string, read: RecordReader) => Address | Promise<Address>;

const ofJob: Find = async (id, read) => {
  const { runId, attemptId } = await read.runnerJob(id);
  return runJobAddress(runId, attemptId);
};

/** Where each kind of record is shown; null for what lives for seconds and has no page. */
const RECORDS: Record<Kind, Find | null> = {
  run: runAddress,
  task: taskAddress,
  session: sessionAddress,
  runner: runnerAddress,
  event: async (id, read) => eventAddress(await read.event(id)),
  command: async (id, read) => runAddress((await read.command(id)).runId),
  runnerJob: ofJob,
  attempt: ofJob,
  approval: async (id, read) => {
    const { runId, sessionId } = await read.approval(id);
    return sessionId === null ? runAddress(runId) : `${sessionAddress(sessionId)}#${id}`;
  },
  modelCall: async (id, read) => {
    const call = await read.modelCall(id);
    return call === undefined ? null : runAddress(call.runId);
  },
  view: async (id, read) => {
    const view = await read.view(id);
    return view === undefined ? null : viewAddress(view);
  },
  schedule: scheduleAddress,
  budget: budgetAddress,
  webhook: webhookAddress,
  webhookDelivery: async (id, read) => `${webhookAddress((await read.delivery(id)).webhookId)}#${id}`,
  audit: (id) => `/audit?id=${encodeURIComponent(id)}`,
  token: (id) => `/settings#${encodeURIComponent(id)}`,
  manifest: auditAddress,
  bulk: bulkAddress,
  // What an archiver did is all that is kept of it.
  archiver: (id) => `/audit?actor=${encodeURIComponent(`archiver:${id}`)}`,
  ask: null,
  attachment: async (id, read) => {
    const { sessionId } = await read.attachment(id);
    // Any number of tasks may show it, so the image itself is all there is to see.
    return sessionId === null ? attachmentAddress(id) : sessionAddress(sessionId);
  },
  deviceSignIn: auditAddress,
};

const KINDS = (Object.keys(ID_PREFIX) as Kind[]).filter((kind) => RECORDS[kind] !== null);
const SHOWN_ID = new RegExp(`^(${KINDS.map((kind) => ID_PREFIX[kind]).join("|")})`);

/** Whether a text begins as the id of something that has a page. */
export function isRecordId(text: string): boolean {
  return SHOWN_ID.test(text);
}

/** The address of the page of a record, whatever its kind; null where there is none. */
export async function findRecord(id: string, read: RecordReader): Promise<Address> {
  const kind = (Object.keys(ID_PREFIX) as Kind[]).find((prefixed) => id.startsWith(ID_PREFIX[prefixed]));
  // A caller chooses a session's id, so anything else may be one.
  if (kind === undefined) return sessionAddress(id);
  return (await RECORDS[kind]?.(id, read)) ?? null;
}
