"use client";
import { Brain, FileDiff, ListChecks, OctagonX, TriangleAlert, Wrench } from "lucide-react";
import { memo } from "react";
import { briefError } from "@/components/sessions/brief-error";
import { cn } from "@/components/ui/class-names";
import { formatCount } from "@/components/ui/format";
import { revealHidden } from "@/components/ui/hidden-characters";
import { State, TONE_SOFT, TONE_TEXT } from "@/components/ui/state";
import { ApprovalCard } from "./approval-card";
import { CommandItem } from "./command-item";
import { ChangesView, DiffView } from "./diff-view";
import { FoldBox } from "./fold-box";
import { itemWord } from "./item-word";
import type { ConversationItem, ConversationItemOf } from "./items";
import { Markdown } from "./markdown";
import { Output } from "./output";
import { shownText } from "./payload";

type ItemViewProps = { item: ConversationItem; liveText: string | null };

/** One item of a conversation that is not a person's own message. */
export const ItemView = memo(function ItemView({ item, liveText }: ItemViewProps) {
  switch (item.kind) {
    case "assistant":
      return <Markdown text={item.text} />;
    case "reasoning":
      return <Reasoning text={item.text} />;
    case "command":
      return <CommandItem item={item} liveText={liveText} />;
    case "tool":
      return <ToolItem item={item} />;
    case "files":
      return item.changes.length === 0 ? null : (
        <ChangesView changes={item.changes} isOpen={item.changes.length <= 3} />
      );
    case "diff":
      return (
        <FoldBox
          summary={
            <>
              <FileDiff aria-hidden className="size-3.5" /> All changes in this turn
            </>
          }
        >
          <div className="flex flex-col gap-2 p-2">
            <DiffView diff={item.diff} path="changes" />
          </div>
        </FoldBox>
      );
    case "plan":
      return <PlanItem item={item} />;
    case "approval":
      return <ApprovalCard shown={{ ...item, id: item.approvalId }} />;
    case "notice":
      return <Notice item={item} />;
    case "mark":
      return <Mark className={TONE_TEXT[item.tone]}>{revealHidden(item.text)}</Mark>;
    case "usage":
      return <Usage item={item} />;
    case "end":
      return <End item={item} />;
    case "unknown":
      return (
        <FoldBox summary={<>Event: {revealHidden(item.type)}</>}>
          <Output text={JSON.stringify(item.payload, null, 2)} label={`Payload of ${revealHidden(item.type)}`} />
        </FoldBox>
      );
    case "user":
      return null;
  }
});

/** Reasoning, folded: its first line says what it is about. */
export function Reasoning({ text, isLive }: { text: string; isLive?: boolean }) {
  const [first = ""] = text.split("\n");
  return (
    <FoldBox
      className="border-dashed"
      summary={
        <>
          <Brain aria-hidden className={cn("size-3.5 shrink-0", isLive && "animate-breathe")} />
          <span className="min-w-0 truncate">
            {isLive ? "Thinking" : revealHidden(first.replaceAll(/[*#`]/g, "")) || "Reasoning"}
          </span>
        </>
      }
    >
      <div className="px-3 py-2 text-ink-2">
        <Markdown text={text} />
      </div>
    </FoldBox>
  );
}

function ToolItem({ item }: { item: ConversationItemOf<"tool"> }) {
  return (
    <FoldBox
      isOpen={item.isError}
      summary={
        <>
          <Wrench aria-hidden className="size-3.5 shrink-0" />
          <code className="min-w-0 truncate text-ink">
            {item.server === null
              ? revealHidden(item.tool)
              : `${revealHidden(item.server)} · ${revealHidden(item.tool)}`}
          </code>
          <State isIconless className="ml-auto" state={item.status} word={revealHidden(itemWord(item.status))} />
        </>
      }
    >
      <Output text={shownText(item.arguments)} label={`Arguments of ${revealHidden(item.tool)}`} />
      {item.output !== null && item.output !== "" && (
        <div className="border-t">
          <Output text={item.output} label={`Result of ${revealHidden(item.tool)}`} />
        </div>
      )}
    </FoldBox>
  );
}

const STEP_MARK: Record<string, string> = { completed: "☑", inProgress: "▸", in_progress: "▸", pending: "☐" };

function PlanItem({ item }: { item: ConversationItemOf<"plan"> }) {
  const doneCount = item.steps.filter((step) => step.status === "completed").length;
  return (
    <FoldBox
      isOpen={doneCount < item.steps.length}
      summary={
        <>
          <ListChecks aria-hidden className="size-3.5" /> Plan · {doneCount} of {item.steps.length} done
        </>
      }
    >
      <div className="px-3 py-2">
        {item.explanation !== null && <p className="mb-1 text-sm text-ink-2">{revealHidden(item.explanation)}</p>}
        <ol className="flex flex-col gap-0.5 text-sm">
          {item.steps.map((step) => (
            <li key={step.step} className={cn("flex gap-2", step.status === "completed" && "text-ink-3")}>
              <span aria-hidden>{STEP_MARK[step.status] ?? "☐"}</span>
              <span>
                {revealHidden(step.step)}
                <span className="sr-only"> ({revealHidden(step.status)})</span>
              </span>
            </li>
          ))}
        </ol>
      </div>
    </FoldBox>
  );
}

function Notice({ item }: { item: ConversationItemOf<"notice"> }) {
  const Icon = item.tone === "bad" ? OctagonX : TriangleAlert;
  return (
    <div className={cn("flex items-start gap-2 rounded-md px-3 py-2 text-sm", TONE_SOFT[item.tone])}>
      <Icon aria-label={item.tone === "bad" ? "Error" : "Warning"} className="mt-0.5 size-4 shrink-0" />
      <div className="min-w-0">
        <p className="wrap-anywhere whitespace-pre-wrap">{revealHidden(item.text)}</p>
        <Code code={item.code} />
      </div>
    </div>
  );
}

/** What programs know a failure by: below its words, where keys and fingers reach it too. */
function Code({ code }: { code: string | null }) {
  if (code === null || code === "") return null;
  return <code className="block text-2xs wrap-anywhere">{revealHidden(code)}</code>;
}

function Mark({ children, className }: { children: React.ReactNode; className?: string }) {
  return (
    <p
      className={cn(
        "flex items-center gap-3 text-xs before:h-px before:flex-1 before:bg-line after:h-px after:flex-1 after:bg-line",
        className,
      )}
    >
      <span className="max-w-[80%] text-center wrap-anywhere">{children}</span>
    </p>
  );
}

function Usage({ item }: { item: ConversationItemOf<"usage"> }) {
  const total = item.total || item.input + item.output;
  if (total === 0) return null;
  const { context, window } = item;
  const detail = `${item.input.toLocaleString("en")} in (${item.cached.toLocaleString("en")} cached), ${item.output.toLocaleString("en")} out (${item.reasoning.toLocaleString("en")} reasoning)`;
  return (
    <p className="text-right text-2xs text-ink-3 tabular-nums" title={detail}>
      {formatCount(total)} tokens
      {context !== null && window !== null && window > 0 && ` · context ${Math.round((context / window) * 100)}% full`}
    </p>
  );
}

function End({ item }: { item: ConversationItemOf<"end"> }) {
  if (item.terminalStatus !== "failed")
    return <Mark className="text-ink-3">Run {revealHidden(item.terminalStatus)}</Mark>;
  const { message } = item;
  const brief = message === null ? null : briefError(message);
  return (
    <div className="flex flex-col gap-1 rounded-md bg-bad-soft px-3 py-2 text-sm text-bad">
      <State
        isIconless
        state="failed"
        word={brief === null || brief === message ? "Run failed" : `Run failed: ${revealHidden(brief)}`}
      />
      {message !== null && <p className="wrap-anywhere whitespace-pre-wrap">{revealHidden(message)}</p>}
      <Code code={item.failureKind} />
    </div>
  );
}
