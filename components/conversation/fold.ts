import type { RunEvent } from "@/contract/event";
import { changesIn } from "@/contract/file-changes";
import type { CommandOutcome, Conversation, ConversationItem } from "./items";
import { commandOf, imagesOf, numberOf, type Payload, shownText, stepsOf, textOf } from "./payload";

/** Folds a run's events into what a person reads. Items that did not change keep their identity between folds. */
export class Folding {
  #items: ConversationItem[] = [];
  readonly #places = new Map<string, number>();
  #outcomes = new Map<string, CommandOutcome>();
  #conversation: Conversation | undefined;
  /** Of the event that is being added. */
  #subAgent: string | null = null;

  get conversation(): Conversation {
    this.#conversation ??= { items: [...this.#items], outcomes: new Map(this.#outcomes) };
    return this.#conversation;
  }

  add(event: RunEvent): void {
    const { payload } = event;
    this.#subAgent = textOf(payload, "agentThreadId");
    const base = { seq: event.seq, runId: event.runId, at: event.createdAt };
    const itemId = textOf(payload, "itemId") ?? event.id;
    const turnId = textOf(payload, "turnId") ?? event.id;
    switch (event.type) {
      case "user_message":
        this.#put(event.id, (key) => ({
          ...base,
          key,
          kind: "user",
          text: textOf(payload, "text", "message", "content") ?? "",
          images: imagesOf(payload),
          commandId: textOf(payload, "commandId"),
          isSteer: payload.isSteer === true,
        }));
        break;
      case "assistant_message":
      case "reasoning": {
        const kind = event.type === "reasoning" ? "reasoning" : "assistant";
        const text = textOf(payload, "text", "message", "content", "delta") ?? "";
        if (text.trim() === "") return;
        this.#put(`${kind}:${itemId}`, (key) => ({ ...base, key, kind, text }));
        break;
      }
      case "command_execution":
      case "command_output":
        this.#addCommand(event, itemId);
        break;
      case "tool_call":
      case "tool_output":
        this.#addTool(event, itemId);
        break;
      case "file_change":
        this.#put(`files:${itemId}`, (key) => ({
          ...base,
          key,
          kind: "files",
          status: textOf(payload, "status") ?? "completed",
          changes: changesIn(payload),
        }));
        break;
      case "diff": {
        const diff = textOf(payload, "diff", "text") ?? "";
        if (diff === "") return;
        this.#move(`diff:${turnId}`, (key) => ({ ...base, key, kind: "diff", diff }));
        break;
      }
      case "plan":
        this.#put(`plan:${turnId}`, (key) => ({
          ...base,
          key,
          kind: "plan",
          explanation: textOf(payload, "explanation"),
          steps: stepsOf(payload),
        }));
        break;
      case "approval_request":
      case "approval_decision":
        this.#addApproval(event);
        break;
      case "token_usage":
        this.#move(`usage:${turnId}`, (key) => ({
          ...base,
          key,
          kind: "usage",
          input: numberOf(payload, "inputTokens") ?? 0,
          cached: numberOf(payload, "cachedInputTokens") ?? 0,
          output: numberOf(payload, "outputTokens") ?? 0,
          reasoning: numberOf(payload, "reasoningTokens") ?? 0,
          total: numberOf(payload, "totalTokens") ?? 0,
          context: numberOf(payload, "contextTokens"),
          window: numberOf(payload, "contextWindow"),
        }));
        break;
      case "warning":
      case "error":
        this.#put(event.id, (key) => ({
          ...base,
          key,
          kind: "notice",
          tone: event.type === "error" ? "bad" : "warn",
          text: noticeText(payload),
          code: textOf(payload, "code", "failureKind"),
        }));
        break;
      case "terminal_status":
        this.#cutOff();
        this.#put(event.id, (key) => ({
          ...base,
          key,
          kind: "end",
          terminalStatus: textOf(payload, "terminalStatus") ?? "ended",
          failureKind: textOf(payload, "failureKind"),
          message: textOf(payload, "message"),
        }));
        break;
      case "backend_status":
        this.#addStatus(event);
        break;
      default:
        this.#put(event.id, (key) => ({ ...base, key, kind: "unknown", type: event.type, payload }));
        break;
    }
  }

  #addCommand(event: RunEvent, itemId: string): void {
    const { payload } = event;
    this.#put(`command:${itemId}`, (key, old) => {
      const previous = old?.kind === "command" ? old : undefined;
      const isOutput = event.type === "command_output";
      return {
        seq: previous?.seq ?? event.seq,
        runId: event.runId,
        at: previous?.at ?? event.createdAt,
        key,
        kind: "command",
        itemId,
        command: commandOf(payload) ?? previous?.command ?? "",
        cwd: textOf(payload, "cwd") ?? previous?.cwd ?? null,
        status:
          (isOutput ? null : textOf(payload, "status")) ?? previous?.status ?? (isOutput ? "inProgress" : "completed"),
        exitCode: numberOf(payload, "exitCode") ?? previous?.exitCode ?? null,
        durationMs: numberOf(payload, "durationMs") ?? previous?.durationMs ?? null,
        output: isOutput
          ? (textOf(payload, "text", "output", "delta") ?? "")
          : (textOf(payload, "output") ?? previous?.output ?? ""),
        isTruncated: isOutput ? payload.isTruncated === true : (previous?.isTruncated ?? false),
      };
    });
  }

  #addTool(event: RunEvent, itemId: string): void {
    const { payload } = event;
    this.#put(`tool:${itemId}`, (key, old) => {
      const previous = old?.kind === "tool" ? old : undefined;
      const isOutput = event.type === "tool_output";
      return {
        seq: previous?.seq ?? event.seq,
        runId: event.runId,
        at: previous?.at ?? event.createdAt,
        key,
        kind: "tool",
        tool: textOf(payload, "tool", "name") ?? previous?.tool ?? "tool",
        server: textOf(payload, "server") ?? previous?.server ?? null,
        arguments: payload.arguments ?? previous?.arguments ?? null,
        status: isOutput
          ? payload.isError === true
            ? "failed"
            : "completed"
          : (textOf(payload, "status") ?? previous?.status ?? "inProgress"),
        output: isOutput ? shownText(payload.text ?? payload.output) : (previous?.output ?? null),
        isError: isOutput ? payload.isError === true : (previous?.isError ?? false),
      };
    });
  }

  #addApproval(event: RunEvent): void {
    const { payload } = event;
    const approvalId = textOf(payload, "approvalId") ?? event.id;
    this.#put(`approval:${approvalId}`, (key, old) => {
      const previous = old?.kind === "approval" ? old : undefined;
      const changes = changesIn(payload);
      const isRequest = event.type === "approval_request";
      return {
        seq: previous?.seq ?? event.seq,
        runId: event.runId,
        at: previous?.at ?? event.createdAt,
        key,
        kind: "approval",
        approvalId,
        itemId: textOf(payload, "itemId") ?? previous?.itemId ?? null,
        asks: (isRequest ? textOf(payload, "kind") : null) ?? previous?.asks ?? "command",
        command: commandOf(payload) ?? previous?.command ?? null,
        cwd: textOf(payload, "cwd") ?? previous?.cwd ?? null,
        changes: changes.length > 0 ? changes : (previous?.changes ?? []),
        reason: (isRequest ? textOf(payload, "reason") : null) ?? previous?.reason ?? null,
        decision: textOf(payload, "decision") ?? previous?.decision ?? null,
        decidedBy: textOf(payload, "decidedBy") ?? previous?.decidedBy ?? null,
        decisionReason: (isRequest ? null : textOf(payload, "reason")) ?? previous?.decisionReason ?? null,
        status: textOf(payload, "status") ?? previous?.status ?? (isRequest ? "pending" : "decided"),
      };
    });
  }

  #addStatus(event: RunEvent): void {
    const { payload } = event;
    const commandId = textOf(payload, "commandId");
    const phase = textOf(payload, "phase");
    if (phase === "command-terminal" && commandId !== null) {
      this.#outcomes.set(commandId, {
        state: textOf(payload, "state") ?? "completed",
        failureKind: textOf(payload, "failureKind"),
        message: textOf(payload, "message"),
      });
      this.#conversation = undefined;
    }
    if (phase === "lease-expired") this.#cutOff();
    const mark = markOf(phase, payload);
    if (mark === null) return;
    this.#put(event.id, (key) => ({
      key,
      seq: event.seq,
      runId: event.runId,
      at: event.createdAt,
      kind: "mark",
      ...mark,
    }));
  }

  /** What was under way when its run or its runner ended will not be told of any more. */
  #cutOff(): void {
    for (const [index, item] of this.#items.entries()) {
      if ((item.kind !== "command" && item.kind !== "tool") || item.status !== "inProgress") continue;
      this.#items[index] = { ...item, status: "cut off" };
    }
    this.#conversation = undefined;
  }

  #put(key: string, make: (key: string, old: ConversationItem | undefined) => ConversationItem): void {
    const index = this.#places.get(key) ?? this.#items.length;
    this.#conversation = undefined;
    this.#places.set(key, index);
    const old = this.#items[index];
    const item = make(key, old);
    // Who decides on what a sub-agent asked for does not say again who asked.
    const subAgent = this.#subAgent ?? old?.subAgent;
    this.#items[index] = subAgent === undefined ? item : { ...item, subAgent };
  }

  /** Like `#put`, for what belongs after everything it sums up: an older one is taken out and the new one stands last. */
  #move(key: string, make: (key: string) => ConversationItem): void {
    const index = this.#places.get(key);
    if (index !== undefined && index !== this.#items.length - 1) {
      this.#items.splice(index, 1);
      this.#places.clear();
      for (const [index, item] of this.#items.entries()) this.#places.set(item.key, index);
    }
    this.#put(key, make);
  }
}

function noticeText(payload: Payload): string {
  const text = textOf(payload, "message", "text", "error") ?? "";
  return text === "" ? shownText(payload) : text;
}

/** The few steps of a run's life that explain what a reader sees; the rest is in the trace. */
function markOf(
  phase: string | null,
  payload: Payload,
): Pick<Extract<ConversationItem, { kind: "mark" }>, "tone" | "text"> | null {
  switch (phase) {
    case "lease-expired":
      return {
        tone: "warn",
        text: "The runner was lost and its lease expired. A new attempt starts if the policy allows it.",
      };
    case "cancel-requested":
      return { tone: "warn", text: `Cancelling: ${textOf(payload, "reason") ?? "cancel requested"}` };
    case "context-compacted":
      return { tone: "quiet", text: "The agent summarised the conversation to free up context" };
    case "thread-resumed":
      return { tone: "quiet", text: "The agent resumed this conversation" };
    case "turn-completed":
      return textOf(payload, "status") === "interrupted" ? { tone: "quiet", text: "Interrupted" } : null;
    default:
      return null;
  }
}
