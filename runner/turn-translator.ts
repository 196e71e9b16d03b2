import path from "node:path";
import type { ShownAttachment } from "@/contract/attachment";
import { splitMove } from "@/contract/file-changes";
import type { CodexNotification } from "./app-server-methods";
import type { DraftEvent } from "./event-batch";
import type {
  ErrorNotification,
  FileUpdateChange,
  ThreadItem,
  ThreadTokenUsageUpdatedNotification,
  TurnError,
  TurnPlanUpdatedNotification,
} from "./protocol/codex";
import { clip, toolCall, toolOutput } from "./tool-items";
import { TurnCommands } from "./turn-commands";

export interface LiveText {
  itemId: string;
  kind: "assistant_message" | "reasoning" | "command_output";
  turnId: string;
  /** The thread of the sub-agent that writes; absent for the session's own agent. */
  agentThreadId?: string;
  text: string;
}

export interface Translation {
  events: DraftEvent[];
  live?: LiveText;
}

type Delta = { threadId: string; turnId: string; itemId: string; delta: string };
type ReportedChange = { path: string; kind: string; diff: string; movedTo?: string };
type Source = { turnId: string; agentThreadId?: string };
/** An item as a notification reports it: of which turn, in which thread. */
type ReportedItem = { item: ThreadItem; turnId: string; threadId: string };
type Item<Type extends ThreadItem["type"]> = Extract<ThreadItem, { type: Type }>;
type TokenCounts = ThreadTokenUsageUpdatedNotification["tokenUsage"];

/**
 * Translates codex notifications into contract events. Deltas only become live text; what is stored is the finished
 * item. One translator serves one thread, and keeps what a turn's last events need.
 */
export class TurnTranslator {
  private readonly texts = new Map<string, string>();
  private readonly changes = new Map<string, FileUpdateChange[]>();
  private readonly reportedWarnings = new Set<string>();
  private diff = "";
  private tokenUsage: { baseline: number[]; latest: TokenCounts } | undefined;
  private lastError: string | undefined;
  readonly commands = new TurnCommands();
  /** The last complete message of the session's own agent in the running turn. */
  lastMessage: string | undefined;

  constructor(
    private readonly opts: {
      threadId: () => string | undefined;
      workspaceDir: () => string;
      turnCommandId: () => string | undefined;
      /** The images that a command's message showed. */
      attachmentsOf: (commandId: string) => readonly ShownAttachment[];
      isDemo: boolean;
    },
  ) {}

  /** The changes that a file-change item announced; its approval request names only the item. */
  changesOf(itemId: string): ReportedChange[] {
    return (this.changes.get(itemId) ?? []).map((change) => this.toChange(change));
  }

  translate(notification: CodexNotification): Translation {
    const { method, params } = notification;
    switch (method) {
      case "item/started":
        return { events: this.itemStarted(params) };
      case "item/completed":
        return { events: this.itemCompleted(params) };
      case "item/agentMessage/delta":
        return this.appendDelta("assistant_message", params);
      case "item/reasoning/summaryTextDelta":
      case "item/reasoning/textDelta":
        return this.appendDelta("reasoning", params);
      case "item/commandExecution/outputDelta":
        return this.appendDelta("command_output", params);
      case "turn/diff/updated":
        if (this.isMainThread(params.threadId)) this.diff = params.diff;
        return { events: [] };
      case "turn/plan/updated":
        return { events: [this.plan(params)] };
      case "thread/tokenUsage/updated":
        if (this.isMainThread(params.threadId)) this.countTokens(params.tokenUsage);
        return { events: [] };
      case "error":
        if (this.isMainThread(params.threadId)) this.lastError = params.error.message;
        return { events: [this.error(params)] };
      case "warning":
      case "configWarning":
        return { events: this.warning(method === "warning" ? params.message : params.summary) };
      default:
        return { events: [] };
    }
  }

  /** Returns the events at a turn's end: its whole diff, its tokens, and an error that no notification reported. */
  endTurn(turnId: string, error: TurnError | null): DraftEvent[] {
    const events: DraftEvent[] = [];
    if (this.diff !== "") events.push({ type: "diff", payload: { turnId, diff: clip(this.diff) } });
    if (this.tokenUsage) events.push({ type: "token_usage", payload: { turnId, ...turnUsage(this.tokenUsage) } });
    if (error && error.message !== this.lastError)
      events.push({ type: "error", payload: { message: error.message, ...errorCode(error), turnId } });
    this.diff = "";
    this.tokenUsage = undefined;
    this.lastError = undefined;
    this.lastMessage = undefined;
    this.texts.clear();
    this.changes.clear();
    this.commands.clear();
    return events;
  }

  private itemStarted({ item, ...source }: ReportedItem): DraftEvent[] {
    const eventBase = { itemId: item.id, ...this.sourceOf(source) };
    switch (item.type) {
      case "commandExecution":
        return [
          {
            type: "command_execution",
            payload: { ...eventBase, command: item.command, cwd: item.cwd, status: item.status },
          },
        ];
      case "fileChange":
        this.changes.set(item.id, item.changes);
        return [this.fileChange(eventBase, item)];
      default: {
        const call = toolCall(item);
        return call ? [{ type: "tool_call", payload: { ...eventBase, ...call, status: "inProgress" } }] : [];
      }
    }
  }

  private itemCompleted({ item, ...source }: ReportedItem): DraftEvent[] {
    const eventBase = { itemId: item.id, ...this.sourceOf(source) };
    const isMain = this.isMainThread(source.threadId);
    const liveText = this.texts.get(item.id) ?? "";
    this.texts.delete(item.id);
    this.commands.record(item, liveText);
    switch (item.type) {
      case "userMessage":
        return isMain ? [this.userMessage(item, source.turnId)] : [];
      case "agentMessage":
        if (item.text === "") return [];
        if (isMain) this.lastMessage = item.text;
        return [{ type: "assistant_message", payload: { ...eventBase, text: clip(item.text) } }];
      case "reasoning": {
        const text = (item.summary.length > 0 ? item.summary : item.content).join("\n\n");
        return text === "" ? [] : [{ type: "reasoning", payload: { ...eventBase, text: clip(text) } }];
      }
      case "commandExecution":
        return commandEnd(eventBase, item, item.aggregatedOutput ?? liveText);
      case "fileChange":
        return [this.fileChange(eventBase, item)];
      case "contextCompaction":
        return [{ type: "backend_status", payload: { phase: "context-compacted", ...this.sourceOf(source) } }];
      default:
        return toolEnd(eventBase, item);
    }
  }

  private plan({ explanation, plan, ...source }: TurnPlanUpdatedNotification): DraftEvent {
    const payload = { ...this.sourceOf(source), ...(explanation ? { explanation } : {}), steps: plan };
    return { type: "plan", payload };
  }

  private error({ error, willRetry, ...source }: ErrorNotification): DraftEvent {
    return {
      type: "error",
      payload: { message: error.message, ...errorCode(error), willRetry, ...this.sourceOf(source) },
    };
  }

  private userMessage(item: Item<"userMessage">, turnId: string): DraftEvent {
    const commandId = item.clientId ?? undefined;
    const attachments = commandId === undefined ? [] : this.opts.attachmentsOf(commandId);
    // Images are reported by their description, never by their bytes.
    const shownParts = item.content.filter(({ type }) => type !== "image" || attachments.length === 0);
    const text = shownParts.map((part) => (part.type === "text" ? part.text : `[${part.type}]`)).join("\n");
    const isSteer = commandId !== undefined && commandId !== this.opts.turnCommandId();
    return {
      type: "user_message",
      payload: {
        text: clip(text),
        commandId,
        turnId,
        itemId: item.id,
        ...(isSteer ? { isSteer } : {}),
        ...(attachments.length === 0 ? {} : { attachments }),
      },
    };
  }

  private warning(message: string): DraftEvent[] {
    // Both warnings occur in every demo run or on most machines, and neither asks anything of an operator.
    if (/could not find bubblewrap/i.test(message)) return [];
    if (this.opts.isDemo && /model metadata/i.test(message)) return [];
    // codex repeats the same warning for each thread that it starts.
    if (this.reportedWarnings.has(message)) return [];
    this.reportedWarnings.add(message);
    return [{ type: "warning", payload: { message } }];
  }

  private appendDelta(kind: LiveText["kind"], { itemId, delta, ...source }: Delta): Translation {
    const text = (this.texts.get(itemId) ?? "") + delta;
    this.texts.set(itemId, clip(text));
    return { events: [], live: { itemId, kind, ...this.sourceOf(source), text } };
  }

  private fileChange(eventBase: object, { status, changes }: Item<"fileChange">): DraftEvent {
    const payload = { ...eventBase, status, changes: changes.map((change) => this.toChange(change)) };
    return { type: "file_change", payload };
  }

  private toChange({ path, kind, diff }: FileUpdateChange): ReportedChange {
    const change = { path: this.inWorkspace(path), kind: kind.type, diff: clip(diff) };
    if (kind.type !== "update" || kind.move_path === null) return change;
    // codex writes the new path also behind the hunks, of which it is none.
    return { ...change, diff: clip(splitMove(diff).diff), movedTo: this.inWorkspace(kind.move_path) };
  }

  /** A path as the workspace has it; of a file outside the workspace the whole path. */
  private inWorkspace(file: string): string {
    const relative = path.relative(this.opts.workspaceDir(), file);
    const isInside = relative !== "" && relative.split(path.sep)[0] !== ".." && !path.isAbsolute(relative);
    return isInside ? relative : file;
  }

  private countTokens(latest: TokenCounts): void {
    // The thread's total spans all its turns. What it was before this turn: the first count's total less its last call.
    const baseline =
      this.tokenUsage?.baseline ??
      toCounts(latest.total).map((total, index) => total - (toCounts(latest.last)[index] ?? 0));
    this.tokenUsage = { baseline, latest };
  }

  /** Which turn reported something, and which sub-agent, where it is not the session's own agent. */
  sourceOf({ turnId, threadId }: { turnId: string; threadId: string }): Source {
    return this.isMainThread(threadId) ? { turnId } : { turnId, agentThreadId: threadId };
  }

  private isMainThread(threadId: string): boolean {
    return threadId === this.opts.threadId();
  }
}

/** Returns a command's output, if it had any, and then its end. */
function commandEnd(eventBase: object, item: Item<"commandExecution">, output: string): DraftEvent[] {
  const { command, cwd, status } = item;
  const end: DraftEvent = {
    type: "command_execution",
    payload: {
      ...eventBase,
      command,
      cwd,
      status,
      exitCode: item.exitCode ?? undefined,
      durationMs: item.durationMs ?? undefined,
    },
  };
  if (output === "") return [end];
  const text = clip(output);
  const payload = { ...eventBase, text, ...(text === output ? {} : { isTruncated: true }) };
  return [{ type: "command_output", payload }, end];
}

/** Returns the end of a tool call, then its output; nothing for an item that is no tool call. */
function toolEnd(eventBase: object, item: ThreadItem): DraftEvent[] {
  const call = toolCall(item);
  const output = toolOutput(item);
  const events: DraftEvent[] = [];
  if (call) {
    const status = output?.isError ? "failed" : "completed";
    events.push({ type: "tool_call", payload: { ...eventBase, ...call, status } });
  }
  if (output) events.push({ type: "tool_output", payload: { ...eventBase, ...output } });
  return events;
}

function toCounts(tokenUsage: TokenCounts["total"]): number[] {
  return [
    tokenUsage.inputTokens,
    tokenUsage.cachedInputTokens,
    tokenUsage.outputTokens,
    tokenUsage.reasoningOutputTokens,
    tokenUsage.totalTokens,
  ];
}

function turnUsage(tokenUsage: { baseline: number[]; latest: TokenCounts }): Record<string, number> {
  const [inputTokens = 0, cachedInputTokens = 0, outputTokens = 0, reasoningTokens = 0, totalTokens = 0] = toCounts(
    tokenUsage.latest.total,
  ).map((total, index) => total - (tokenUsage.baseline[index] ?? 0));
  const contextWindow = tokenUsage.latest.modelContextWindow;
  return {
    inputTokens,
    cachedInputTokens,
    outputTokens,
    reasoningTokens,
    totalTokens,
    // A turn calls its model many times, each time with everything said before; only the last call shows how full its
    // context is.
    contextTokens: tokenUsage.latest.last.totalTokens,
    ...(contextWindow === null ? {} : { contextWindow }),
  };
}

function errorCode(error: TurnError): { code?: string } {
  const info = error.codexErrorInfo;
  if (info === null) return {};
  return { code: typeof info === "string" ? info : (Object.keys(info)[0] ?? "other") };
}
