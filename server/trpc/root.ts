import { router } from "./init";
import { approvalsRouter } from "./routers/approvals";
import { archiveRouter } from "./routers/archive";
import { attachmentsRouter } from "./routers/attachments";
import { auditRouter } from "./routers/audit";
import { backendsRouter } from "./routers/backends";
import { budgetsRouter } from "./routers/budgets";
import { bulkRouter } from "./routers/bulk";
import { commandsRouter } from "./routers/commands";
import { docsRouter } from "./routers/docs";
import { eventsRouter } from "./routers/events";
import { filesRouter } from "./routers/files";
import { healthRouter } from "./routers/health";
import { identityRouter } from "./routers/identity";
import { overviewRouter } from "./routers/overview";
import { queueRouter } from "./routers/queue";
import { runnerJobsRouter } from "./routers/runner-jobs";
import { runnersRouter } from "./routers/runners";
import { runsRouter } from "./routers/runs";
import { schedulesRouter } from "./routers/schedules";
import { sessionsRouter } from "./routers/sessions";
import { storageRouter } from "./routers/storage";
import { usageRouter } from "./routers/usage";
import { viewsRouter } from "./routers/views";
import { webhooksRouter } from "./routers/webhooks";

export const appRouter = router({
  approvals: approvalsRouter,
  archive: archiveRouter,
  attachments: attachmentsRouter,
  audit: auditRouter,
  backends: backendsRouter,
  budgets: budgetsRouter,
  bulk: bulkRouter,
  commands: commandsRouter,
  docs: docsRouter,
  events: eventsRouter,
  files: filesRouter,
  health: healthRouter,
  identity: identityRouter,
  overview: overviewRouter,
  queue: queueRouter,
  runnerJobs: runnerJobsRouter,
  runners: runnersRouter,
  runs: runsRouter,
  schedules: schedulesRouter,
  sessions: sessionsRouter,
  storage: storageRouter,
  usage: usageRouter,
  views: viewsRouter,
  webhooks: webhooksRouter,
});
export type AppRouter = typeof appRouter;
