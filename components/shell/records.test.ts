import { expect, test } from "vitest";
import { ID_PREFIX } from "@/contract/words";
import { findRecord, isRecordId, type RecordReader } from "./records";

const reader: RecordReader = {
  event: async () => ({ runId: "run_1", seq: 7 }),
  command: async () => ({ runId: "run_1" }),
  runnerJob: async () => ({ runId: "run_1", attemptId: "att_1" }),
  approval: async () => ({ runId: "run_1", sessionId: "ses_1" }),
  modelCall: async () => ({ runId: "run_1" }),
  view: async () => ({ page: "runs", query: "status:failed" }),
  attachment: async () => ({ sessionId: "ses_1" }),
  delivery: async () => ({ webhookId: "wh_1" }),
};
const JOB = "/runs/run_1?tab=job&attempt=att_1";
const ADDRESSES: Record<keyof typeof ID_PREFIX, string | null> = {
  run: "/runs/run_x",
  command: "/runs/run_1",
  event: "/runs/run_1?tab=events#e7",
  runner: "/runners/runner_x",
  runnerJob: JOB,
  attempt: JOB,
  task: "/queue/qt_x",
  session: "/sessions/ses_x",
  approval: "/sessions/ses_1#apr_x",
  audit: "/audit?id=aud_x",
  token: "/settings#tok_x",
  manifest: "/audit?target=man_x",
  bulk: "/bulk/bulk_x",
  archiver: "/audit?actor=archiver%3Aarv_x",
  modelCall: "/runs/run_1",
  view: "/runs?status=failed",
  schedule: "/schedules/sch_x",
  budget: "/budgets/bgt_x",
  webhook: "/settings/webhooks/wh_x",
  webhookDelivery: "/settings/webhooks/wh_1#whd_x",
  ask: null,
  attachment: "/sessions/ses_1",
  deviceSignIn: "/audit?target=dsi_x",
};

test("an id of every kind links to its page, and the palette finds it", async () => {
  for (const [kind, prefix] of Object.entries(ID_PREFIX)) {
    const address = ADDRESSES[kind as keyof typeof ID_PREFIX];
    expect([kind, await findRecord(`${prefix}x`, reader)]).toEqual([kind, address]);
    expect([kind, isRecordId(`${prefix}x`)]).toEqual([kind, address !== null]);
  }
  expect(await findRecord("nightly:build", reader)).toBe("/sessions/nightly%3Abuild");
  expect(isRecordId("nightly:build")).toBe(false);
  expect(isRecordId("my run_x")).toBe(false);
});

test("a missing record has no page, an approval without a session links to its run, and errors are thrown", async () => {
  const nothing: RecordReader = { ...reader, modelCall: async () => undefined, view: async () => undefined };
  expect(await findRecord("mc_x", nothing)).toBeNull();
  expect(await findRecord("view_x", nothing)).toBeNull();
  const alone: RecordReader = { ...reader, approval: async () => ({ runId: "run_1", sessionId: null }) };
  expect(await findRecord("apr_x", alone)).toBe("/runs/run_1");
  const away: RecordReader = { ...reader, event: () => Promise.reject(new Error("the database does not answer")) };
  await expect(findRecord("evt_x", away)).rejects.toThrow("does not answer");
});
