import { z } from "zod";
import { RecordId } from "@/contract/ids";
import { GetOverviewInput } from "@/contract/overview";
import { QueueScopeInput } from "@/contract/queue";
import { brief, defineTool } from "@/server/mcp/tool";
import { briefTask } from "./tasks";

const LINES = 10;

export const whatNeedsMe = defineTool({
  name: "what_needs_me",
  title: "What needs a person",
  description:
    "What needs a person now, the most pressing first: approvals that wait, stuck and failing work, budgets and limits that were reached, parts that stopped; and how much runs and waits.",
  nature: "reads",
  isForeign: true,
  needs: ["overview.get"],
  input: GetOverviewInput.pick({ projectId: true }),
  async run({ api }, input) {
    const { needs, needCounts, approvals, runs, runners, queue } = await api.overview.get(input);
    return {
      needs: needs.map((need) => ({
        ...brief(need, ["kind", "title", "message", "since"]),
        ...brief(need, ["approvalId", "runId", "sessionId", "taskId", "queue", "lane"]),
        ...brief(need, ["budgetId", "scheduleId", "webhookId"]),
      })),
      needCounts: needCounts.map(({ kind, count }) => ({ kind, count })),
      pendingApprovals: approvals,
      runs,
      runners,
      queue: { waiting: queue.waiting, running: queue.running },
    };
  },
});

export const queueOverview = defineTool({
  name: "queue_overview",
  title: "Overview of the queue",
  description:
    "The queue, or one of its queues, at a glance: counts by state, how long tasks wait, what runs, what comes next, and what needs a person.",
  nature: "reads",
  isForeign: true,
  needs: ["queue.commander"],
  input: QueueScopeInput.pick({ queue: true, projectId: true }),
  async run({ api }, input) {
    const { stats, items, waits, throughput, oldest, attention, attentionCounts, active } =
      await api.queue.commander(input);
    return {
      ...brief(stats, ["byState", "byQueue", "byLane", "byBackendProfile"]),
      waits,
      throughput,
      ...(oldest === null ? {} : { longestWaiting: brief(oldest, ["taskId", "title", "lane", "since"]) }),
      active: active
        .slice(0, LINES)
        .map((line) => brief(line, ["taskId", "title", "lane", "sessionId", "runId", "since"])),
      first: items.slice(0, LINES).map(briefTask),
      attention: attention
        .slice(0, LINES)
        .map((one) => brief(one, ["kind", "message", "title", "taskId", "approvalId"])),
      attentionCounts: attentionCounts.map(({ kind, count }) => ({ kind, count })),
    };
  },
});

export const listProfiles = defineTool({
  name: "list_profiles",
  title: "List profiles",
  description:
    "The backend profiles: which agents with which models there are, whether they are set up and switched on, and how busy they are. Use one that is configured and not disabled.",
  nature: "reads",
  needs: ["backends.list"],
  input: z.strictObject({}),
  async run({ api }) {
    const { items } = await api.backends.list({});
    return {
      profiles: items.map((one) => brief(one, ["profile", "model", "isConfigured", "isDemo", "disabled", "tasks"])),
    };
  },
});

export const openLink = defineTool({
  name: "open_link",
  title: "Link to the console",
  description:
    "The console's address of anything that has an id (a session, run, task, approval, runner): give it to a person who shall look or decide. It says nothing of whether the id is there.",
  nature: "reads",
  needs: [],
  input: z.strictObject({ id: RecordId }),
  run: async ({ ctx }, { id }) => {
    const base = ctx.service?.settings.publicUrl ?? "";
    return { url: new URL(`/r/${encodeURIComponent(id)}`, base).href };
  },
});
