import type * as codex from "./protocol/codex";

/**
 * The calls that the runner makes, with their parameters and answers. Answers list only the fields that the runner
 * reads.
 */
export interface CodexRequests {
  initialize: { params: codex.InitializeParams; result: { userAgent?: string } };
  "thread/start": { params: codex.ThreadStartParams; result: { thread: { id: string } } };
  "thread/resume": { params: codex.ThreadResumeParams; result: { thread: { id: string } } };
  "thread/backgroundTerminals/clean": { params: codex.ThreadBackgroundTerminalsCleanParams; result: unknown };
  "turn/start": { params: codex.TurnStartParams; result: codex.TurnStartResponse };
  "turn/steer": { params: codex.TurnSteerParams; result: codex.TurnSteerResponse };
  "turn/interrupt": { params: codex.TurnInterruptParams; result: unknown };
}

/** The notifications that the runner reads; codex sends many more. */
export type CodexNotification =
  | { method: "item/started"; params: codex.ItemStartedNotification }
  | { method: "item/completed"; params: codex.ItemCompletedNotification }
  | { method: "item/agentMessage/delta"; params: codex.AgentMessageDeltaNotification }
  | { method: "item/reasoning/summaryTextDelta"; params: codex.ReasoningSummaryTextDeltaNotification }
  | { method: "item/reasoning/summaryPartAdded"; params: codex.ReasoningSummaryPartAddedNotification }
  | { method: "item/reasoning/textDelta"; params: codex.ReasoningTextDeltaNotification }
  | { method: "item/commandExecution/outputDelta"; params: codex.CommandExecutionOutputDeltaNotification }
  | { method: "turn/started"; params: codex.TurnStartedNotification }
  | { method: "turn/completed"; params: codex.TurnCompletedNotification }
  | { method: "turn/diff/updated"; params: codex.TurnDiffUpdatedNotification }
  | { method: "turn/plan/updated"; params: codex.TurnPlanUpdatedNotification }
  | { method: "thread/tokenUsage/updated"; params: codex.ThreadTokenUsageUpdatedNotification }
  | { method: "error"; params: codex.ErrorNotification }
  | { method: "warning"; params: codex.WarningNotification }
  | { method: "configWarning"; params: codex.ConfigWarningNotification };
