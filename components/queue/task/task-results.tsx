"use client";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import Link from "next/link";
import { FoldBox } from "@/components/conversation/fold-box";
import { useFrames } from "@/components/live/provider";
import { useThrottled } from "@/components/live/throttled";
import { taskAddress } from "@/components/shell/addresses";
import { useTRPC } from "@/components/trpc/client";
import { CopyButton } from "@/components/ui/copy";
import { revealHidden } from "@/components/ui/hidden-characters";
import { Panel } from "@/components/ui/page";
import { QueryView } from "@/components/ui/query-view";
import { ScrollRegion } from "@/components/ui/scroll-region";
import { State } from "@/components/ui/state";
import type { DependencyResult } from "@/contract/dependency-result";
import type { QueueTaskDetail } from "@/contract/queue";
import { stateWords } from "./explain";

const REFETCH_WAIT_MS = 300;
const KIND_WORDS = { output: "structured result", message: "last message", failure: "failure" } as const;

/** What those found out that a task comes after, as its agent is told; nothing where it is not. */
export function TaskResults({ task }: { task: QueueTaskDetail }) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const hasResults = task.dependencyResults === "append" && task.dependsOn.length > 0;
  const options = trpc.queue.listDependencyResults.queryOptions({ taskId: task.id }, { enabled: hasResults });
  const results = useQuery(options);
  const refetch = useThrottled(REFETCH_WAIT_MS, () => void client.invalidateQueries({ queryKey: options.queryKey }));
  const before = new Set(task.dependsOn.map(({ taskId }) => taskId));
  useFrames("task", (frame) => (frame.id === task.id || before.has(frame.id)) && refetch());
  if (!hasResults) return null;
  return (
    <Panel title="Dependency results">
      <QueryView query={results}>
        {({ items }) => (
          <ul className="flex flex-col gap-2 p-4">
            {items.map((item) => (
              <li key={item.taskId}>
                <Result item={item} />
              </li>
            ))}
          </ul>
        )}
      </QueryView>
      <p className="border-t px-4 py-2 text-xs text-ink-3">
        Current results, in dependency order. The conversation shows what each attempt received.
      </p>
    </Panel>
  );
}

function Result({ item }: { item: DependencyResult }) {
  const { taskId, title, state, kind, text, length } = item;
  const name = `Result of ${revealHidden(title)}`;
  const head = (
    <span className="flex min-w-0 flex-1 flex-wrap items-center gap-x-2">
      <span className="min-w-0 truncate font-medium text-ink">{revealHidden(title)}</span>
      <State isIconless {...stateWords(state)} />
      <span className="text-ink-3">{kind === null ? missingWords(state) : KIND_WORDS[kind]}</span>
    </span>
  );
  if (text === null)
    return (
      <div className="flex min-h-8 items-center rounded-md border px-2.5 py-1 text-xs">
        <Link href={taskAddress(taskId)} className="min-w-0 flex-1 hover:underline">
          {head}
        </Link>
      </div>
    );
  return (
    <FoldBox summary={head}>
      <div className="relative bg-code">
        <ScrollRegion label={name} className="max-h-80 px-3 py-2">
          <pre className="pr-6 text-xs leading-5 wrap-anywhere whitespace-pre-wrap">{revealHidden(text)}</pre>
        </ScrollRegion>
        <span className="absolute top-1.5 right-2">
          <CopyButton text={text} label="Copy result" />
        </span>
      </div>
      <p className="flex flex-wrap gap-x-3 border-t px-3 py-1.5 text-xs text-ink-3">
        {isCut(item) && <span>First part of {length.toLocaleString("en")} characters.</span>}
        <Link href={taskAddress(taskId)} className="text-accent hover:underline">
          Open task
        </Link>
      </p>
    </FoldBox>
  );
}

/** Characters are counted as the server does: an emoji is one. */
function isCut({ text, length }: DependencyResult): boolean {
  return text !== null && length > Array.from(text).length;
}

function missingWords(state: DependencyResult["state"]): string {
  return state === "completed" || state === "failed" || state === "cancelled" ? "no result" : "no result yet";
}
