import { Terminal } from "lucide-react";
import { cn } from "@/components/ui/class-names";
import { formatDuration, formatPlural } from "@/components/ui/format";
import { revealHidden } from "@/components/ui/hidden-characters";
import { State } from "@/components/ui/state";
import { unwrapShell } from "@/contract/written";
import { FoldBox } from "./fold-box";
import { itemWord } from "./item-word";
import type { ConversationItemOf } from "./items";
import { Output } from "./output";

const EMPTY_OUTPUT: Record<string, string> = {
  inProgress: "No output yet.",
  declined: "Not run.",
  "cut off": "The runner stopped before this command finished. How far it got is unknown.",
};

type CommandItemProps = { item: ConversationItemOf<"command">; liveText: string | null };

/** A shell command: one line with exit code and duration, its output below. Open while it runs and when it failed. */
export function CommandItem({ item, liveText }: CommandItemProps) {
  const isRunning = item.status === "inProgress";
  const text = item.output === "" || isRunning ? (liveText ?? item.output) : item.output;
  const isFailed =
    item.status === "failed" || item.status === "cut off" || (item.exitCode !== null && item.exitCode !== 0);
  const lineCount = text === "" ? 0 : text.replace(/\n$/, "").split("\n").length;
  return (
    <FoldBox
      // Opens by itself only while there is something to watch or to explain.
      key={isRunning ? "running" : "ended"}
      isOpen={isRunning || isFailed}
      summary={
        <>
          <Terminal aria-hidden className="size-3.5 shrink-0" />
          <code className="min-w-0 truncate text-ink" title={revealHidden(item.command)}>
            {revealHidden(firstLine(item.command))}
          </code>
          <span className="ml-auto flex shrink-0 items-center gap-2 tabular-nums">
            {!isRunning && lineCount > 0 && (
              <span className="text-ink-3 max-sm:hidden">{formatPlural(lineCount, "line")}</span>
            )}
            {item.durationMs !== null && <span className="text-ink-3">{formatDuration(item.durationMs)}</span>}
            {item.exitCode !== null && (
              <span className={cn(isFailed ? "font-medium text-bad" : "text-ink-3")}>exit {item.exitCode}</span>
            )}
            {item.exitCode === null && (
              <State isIconless state={item.status} word={revealHidden(itemWord(item.status))} />
            )}
          </span>
        </>
      }
    >
      <div className="border-b bg-code px-3 py-2 text-xs">
        <pre className="scroll-thin wrap-anywhere whitespace-pre-wrap">
          <span aria-hidden className="text-ink-3 select-none">
            ${" "}
          </span>
          {revealHidden(item.command)}
        </pre>
        {item.cwd !== null && <p className="mt-1 truncate text-ink-3">in {revealHidden(item.cwd)}</p>}
      </div>
      {text === "" ? (
        <p className="px-3 py-2 text-xs text-ink-3">{EMPTY_OUTPUT[item.status] ?? "No output."}</p>
      ) : (
        <Output
          text={text}
          label={`Output of ${revealHidden(firstLine(item.command))}`}
          isLive={isRunning}
          note={item.isTruncated ? "Output truncated: it was longer than what is kept." : null}
        />
      )}
    </FoldBox>
  );
}

function firstLine(command: string): string {
  const [line = "", ...rest] = unwrapShell(command).split("\n");
  return rest.length > 0 ? `${line} …` : line;
}
