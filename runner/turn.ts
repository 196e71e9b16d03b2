import path from "node:path";
import type { ShownAttachment } from "@/contract/attachment";
import type { CodexNotification } from "./app-server-methods";
import type { DraftEvent } from "./event-batch";
import type { FileUpdateChange, ThreadItem, ThreadTokenUsageUpdatedNotification, TurnError } from "./protocol/codex";
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
type Source = { turnId: string; agentThreadId?: string };
type TokenCounts = ThreadTokenUsageUpdatedNotification["tokenUsage"];

/**
 * Translates codex notifications into contract events. Deltas only become live text; what is stored is the finished
 * item. One translator serves one thread, and keeps what a turn's last events need.
 */
export class TurnTranslator {
  private readonly texts = new Map<string, string>();
  private readonly changes = new Map<string, FileUpdateChange[]>();
  private readonly warned = new Set<string>();
  private diff = "";
  private tokens: { before: number[]; now: TokenCounts } | undefined;
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
      shownOf: (commandId: string) => readonly ShownAttachment[];
      isDemo: boolean;
    },
  ) {}

  /** The changes that a file-change item announced; its approval request names only the item. */
  changesOf(itemId: string): { path: string; kind: string; diff: string }[] {
    return (this.changes.get(itemId) ?? []).map((change) => this.change(change));
  }

  translate(notification: CodexNotification): Translation {
    const { method, params } = notification;
    switch (method) {
      case "item/started":
        return { events: this.itemStarted(params.item, params.turnId, params.threadId) };
      case "item/completed":
        return { events: this.itemCompleted(params.item, params.turnId, params.threadId) };
      case "item/agentMessage/delta":
        return this.grow("assistant_message", params);
      case "item/reasoning/summaryTextDelta":
      case "item/reasoning/textDelta":
        return this.grow("reasoning", params);
      case "item/commandExecution/outputDelta":
        return this.grow("command_output", params);
      case "turn/diff/updated":
        if (this.isOwn(params.threadId)) this.diff = params.diff;
        return { events: [] };
      case "turn/plan/updated":
        return {
          events: [
            {
              type: "plan",
              payload: {
                ...this.sourceOf(params),
                ...(params.explanation ? { explanation: params.explanation } : {}),
                steps: params.plan,
              },
            },
          ],
        };
      case "thread/tokenUsage/updated":
        if (this.isOwn(params.threadId)) this.countTokens(params.tokenUsage);
        return { events: [] };
      case "error":
        if (this.isOwn(params.threadId)) this.lastError = params.error.message;
        return {
          events: [
            {
              type: "error",
              payload: {
                message: params.error.message,
                ...errorCode(params.error),
                willRetry: params.willRetry,
                ...this.sourceOf(params),
              },
            },
          ],
        };
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
    if (this.tokens) events.push({ type: "token_usage", payload: { turnId, ...spent(this.tokens) } });
    if (error && error.message !== this.lastError)
      events.push({ type: "error", payload: { message: error.message, ...errorCode(error), turnId } });
    this.diff = "";
    this.tokens = undefined;
    this.lastError = undefined;
    this.lastMessage = undefined;
    this.texts.clear();
    this.changes.clear();
    this.commands.clear();
    return events;
  }

  private itemStarted(item: ThreadItem, turnId: string, threadId: string): DraftEvent[] {
    const base = this.base(item.id, turnId, threadId);
    switch (item.type) {
      case "commandExecution":
        return [
          {
            type: "command_execution",
            payload: { ...base, command: item.command, cwd: item.cwd, status: item.status },
          },
        ];
      case "fileChange":
        this.changes.set(item.id, item.changes);
        return [
          {
            type: "file_change",
            payload: { ...base, status: item.status, changes: item.changes.map((change) => this.change(change)) },
          },
        ];
      default: {
        const call = toolCall(item);
        return call ? [{ type: "tool_call", payload: { ...base, ...call, status: "inProgress" } }] : [];
      }
    }
  }

  private itemCompleted(item: ThreadItem, turnId: string, threadId: string): DraftEvent[] {
    const base = this.base(item.id, turnId, threadId);
    const live = this.texts.get(item.id) ?? "";
    this.texts.delete(item.id);
    this.commands.note(item, live);
    switch (item.type) {
      case "userMessage":
        return this.isOwn(threadId) ? [this.userMessage(item, turnId)] : [];
      case "agentMessage":
        if (item.text !== "" && this.isOwn(threadId)) this.lastMessage = item.text;
        return item.text === "" ? [] : [{ type: "assistant_message", payload: { ...base, text: clip(item.text) } }];
      case "reasoning": {
        const text = (item.summary.length > 0 ? item.summary : item.content).join("\n\n");
        return text === "" ? [] : [{ type: "reasoning", payload: { ...base, text: clip(text) } }];
      }
      case "commandExecution": {
        const text = item.aggregatedOutput ?? live;
        const end = {
          ...base,
          command: item.command,
          cwd: item.cwd,
          status: item.status,
          exitCode: item.exitCode ?? undefined,
          durationMs: item.durationMs ?? undefined,
        };
        const output: DraftEvent[] =
          text === ""
            ? []
            : [
                {
                  type: "command_output",
                  payload: { ...base, text: clip(text), ...(clip(text) === text ? {} : { isTruncated: true }) },
                },
              ];
        return [...output, { type: "command_execution", payload: end }];
      }
      case "fileChange":
        return [
          {
            type: "file_change",
            payload: { ...base, status: item.status, changes: item.changes.map((change) => this.change(change)) },
          },
        ];
      case "contextCompaction":
        return [
          { type: "backend_status", payload: { phase: "context-compacted", ...this.sourceOf({ turnId, threadId }) } },
        ];
      default: {
        const call = toolCall(item);
        const output = toolOutput(item);
        return [
          ...(call
            ? [
                {
                  type: "tool_call" as const,
                  payload: { ...base, ...call, status: output?.isError ? "failed" : "completed" },
                },
              ]
            : []),
          ...(output ? [{ type: "tool_output" as const, payload: { ...base, ...output } }] : []),
        ];
      }
    }
  }

  private userMessage(item: Extract<ThreadItem, { type: "userMessage" }>, turnId: string): DraftEvent {
    const commandId = item.clientId ?? undefined;
    const attachments = commandId === undefined ? [] : this.opts.shownOf(commandId);
    // Images are reported by their description, never by their bytes.
    const said = item.content.filter(({ type }) => type !== "image" || attachments.length === 0);
    const text = said.map((part) => (part.type === "text" ? part.text : `[${part.type}]`)).join("\n");
    const isSteer = commandId !== undefined && commandId !== this.opts.turnCommandId();
    return {
      type: "user_message",
      payload: {
        ...{ text: clip(text), commandId, turnId, itemId: item.id },
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
    if (this.warned.has(message)) return [];
    this.warned.add(message);
    return [{ type: "warning", payload: { message } }];
  }

  private grow(kind: LiveText["kind"], { itemId, delta, ...of }: Delta): Translation {
    const text = (this.texts.get(itemId) ?? "") + delta;
    this.texts.set(itemId, clip(text));
    return { events: [], live: { itemId, kind, ...this.sourceOf(of), text } };
  }

  private change(change: FileUpdateChange): { path: string; kind: string; diff: string } {
    const relative = path.relative(this.opts.workspaceDir(), change.path);
    const isInside = relative !== "" && !relative.startsWith("..") && !path.isAbsolute(relative);
    return { path: isInside ? relative : change.path, kind: change.kind.type, diff: clip(change.diff) };
  }

  private countTokens(now: TokenCounts): void {
    // The thread's total spans all its turns. The total before this turn is the first count's total minus its last
    // call.
    const before =
      this.tokens?.before ?? counts(now.total).map((total, index) => total - (counts(now.last)[index] ?? 0));
    this.tokens = { before, now };
  }

  private base(itemId: string, turnId: string, threadId: string): { itemId: string } & Source {
    return { itemId, ...this.sourceOf({ turnId, threadId }) };
  }

  /** Which turn reported something, and which sub-agent, where it is not the session's own agent. */
  sourceOf({ turnId, threadId }: { turnId: string; threadId: string }): Source {
    return this.isOwn(threadId) ? { turnId } : { turnId, agentThreadId: threadId };
  }

  private isOwn(threadId: string): boolean {
    return threadId === this.opts.threadId();
  }
}

function counts(tokens: TokenCounts["total"]): number[] {
  return [
    tokens.inputTokens,
    tokens.cachedInputTokens,
    tokens.outputTokens,
    tokens.reasoningOutputTokens,
    tokens.totalTokens,
  ];
}

function spent(tokens: { before: number[]; now: TokenCounts }): Record<string, number> {
  const [inputTokens = 0, cachedInputTokens = 0, outputTokens = 0, reasoningTokens = 0, totalTokens = 0] = counts(
    tokens.now.total,
  ).map((total, index) => total - (tokens.before[index] ?? 0));
  const contextWindow = tokens.now.modelContextWindow;
  return {
    inputTokens,
    cachedInputTokens,
    outputTokens,
    reasoningTokens,
    totalTokens,
    // A turn calls its model many times, each time with everything said before; only the last call shows how full its
    // context is.
    contextTokens: tokens.now.last.totalTokens,
    ...(contextWindow === null ? {} : { contextWindow }),
  };
}

function errorCode(error: TurnError): { code?: string } {
  const info = error.codexErrorInfo;
  if (info === null) return {};
  return { code: typeof info === "string" ? info : (Object.keys(info)[0] ?? "other") };
}
