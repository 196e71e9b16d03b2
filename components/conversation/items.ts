import type { ShownImage } from "@/components/images/shown-images";
import type { Tone } from "@/components/ui/state";
import type { LiveFrame } from "@/contract/event";
import type { FileChange } from "@/contract/file-changes";

type Base = {
  key: string;
  seq: number;
  runId: string;
  at: string;
  /** The thread of the sub-agent that it comes from, where it is not the session's own agent. */
  subAgent?: string;
};
export type PlanStep = { step: string; status: string };

/** What a person reads: events of one thing (a command and its output, a request and its answer) folded into one. */
export type ConversationItem =
  | (Base & { kind: "user"; text: string; images: readonly ShownImage[]; commandId: string | null; isSteer: boolean })
  | (Base & { kind: "assistant"; text: string })
  | (Base & { kind: "reasoning"; text: string })
  | (Base & {
      kind: "command";
      itemId: string;
      command: string;
      cwd: string | null;
      status: string;
      exitCode: number | null;
      durationMs: number | null;
      output: string;
      isTruncated: boolean;
    })
  | (Base & {
      kind: "tool";
      tool: string;
      server: string | null;
      arguments: unknown;
      status: string;
      output: string | null;
      isError: boolean;
    })
  | (Base & { kind: "files"; status: string; changes: readonly FileChange[] })
  | (Base & { kind: "diff"; diff: string })
  | (Base & { kind: "plan"; explanation: string | null; steps: PlanStep[] })
  | (Base & {
      kind: "approval";
      approvalId: string;
      itemId: string | null;
      asks: string;
      command: string | null;
      cwd: string | null;
      changes: readonly FileChange[];
      reason: string | null;
      decision: string | null;
      decidedBy: string | null;
      decisionReason: string | null;
      status: string;
    })
  | (Base & { kind: "notice"; tone: Tone; text: string; code: string | null })
  | (Base & { kind: "mark"; tone: Tone; text: string })
  | (Base & {
      kind: "usage";
      input: number;
      cached: number;
      output: number;
      reasoning: number;
      total: number;
      /** How much of the model's context the turn left filled, where it is known. */
      context: number | null;
      window: number | null;
    })
  | (Base & { kind: "end"; terminalStatus: string; failureKind: string | null; message: string | null })
  | (Base & { kind: "unknown"; type: string; payload: Record<string, unknown> });

export type ConversationItemOf<Kind extends ConversationItem["kind"]> = Extract<ConversationItem, { kind: Kind }>;

/** How a command ended, as the run's own log tells it. */
export type CommandOutcome = { state: string; failureKind: string | null; message: string | null };

export type Conversation = {
  items: readonly ConversationItem[];
  outcomes: ReadonlyMap<string, CommandOutcome>;
};

/** Text that is still being written, by the item it belongs to. */
export type LiveTexts = ReadonlyMap<string, LiveFrame>;
