import type { Tool } from "@/server/mcp/tool";
import { decideApproval, listApprovals } from "./approvals";
import { listFilesTool, readFileTool } from "./files";
import { listProfiles, openLink, queueOverview, whatNeedsMe } from "./overview";
import { callProcedureTool, findProcedures } from "./procedures";
import { readSession } from "./read-session";
import { searchConversationsTool } from "./search-conversations";
import { listSessions, sendMessageTool, startSession } from "./sessions";
import { cancelTask, enqueueTask, explainTask, getTask, listTasks, retryTask, waitForTask } from "./tasks";
import { cancelRun, interruptTurn, waitForTurn } from "./turns";

/** The tools, in the order in which clients list them. */
export const TOOLS: readonly Tool[] = [
  ...[whatNeedsMe, listProfiles, startSession, sendMessageTool, waitForTurn, readSession, listSessions],
  ...[searchConversationsTool, listFilesTool, readFileTool],
  ...[interruptTurn, cancelRun, enqueueTask, waitForTask, getTask, listTasks, explainTask, cancelTask, retryTask],
  ...[queueOverview, listApprovals, decideApproval, openLink, findProcedures, callProcedureTool],
];
