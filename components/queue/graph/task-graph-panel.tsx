"use client";
import { useQuery } from "@tanstack/react-query";
import { Maximize2 } from "lucide-react";
import Link from "next/link";
import { useFrames, useWatched } from "@/components/live/provider";
import { useThrottledRefetch } from "@/components/live/throttled";
import { taskAddress, taskGraphAddress } from "@/components/shell/addresses";
import { useTRPC } from "@/components/trpc/client";
import { BackTo } from "@/components/ui/back-to";
import { buttonStyle } from "@/components/ui/button";
import { revealHidden } from "@/components/ui/hidden-characters";
import { PageHeader, Panel } from "@/components/ui/page";
import { QueryView } from "@/components/ui/query-view";
import type { TaskGraph } from "@/contract/queue-graph";
import { GraphCanvas } from "./graph-canvas";
import { GraphComing } from "./graph-coming";
import { taskGraph } from "./graph-query";
import { GraphSummary } from "./graph-summary";

const REFETCH_WAIT_MS = 400;

/** The whole of what a task is a part of, on its page. */
export function TaskGraphPanel({ taskId }: { taskId: string }) {
  const graph = useGraph(taskId);
  return (
    <Panel
      title="Dependency graph"
      actions={
        <Link
          href={taskGraphAddress(taskId)}
          aria-label="Open the dependency graph"
          title="Open full page"
          className={buttonStyle({ variant: "ghost", size: "icon-sm" })}
        >
          <Maximize2 aria-hidden className="size-3.5" />
        </Link>
      }
    >
      <QueryView query={graph} skeleton={<GraphComing />}>
        {(data) => (
          <>
            <GraphSummary graph={data} className="border-b px-4 py-2.5" />
            <GraphCanvas graph={data} className="max-h-[32rem] min-h-48" />
            <Cut graph={data} />
          </>
        )}
      </QueryView>
    </Panel>
  );
}

/** The same as a page. */
export function TaskGraphView({ taskId }: { taskId: string }) {
  const graph = useGraph(taskId);
  return (
    <QueryView query={graph} heading="Dependency graph">
      {(data) => (
        <div className="flex h-full min-h-0 flex-col">
          <PageHeader
            title={
              <span className="flex min-w-0 items-center gap-1.5">
                <BackTo href={taskAddress(taskId)} name="Task" />
                <span className="wrap-anywhere">Dependency graph of {revealHidden(titleOf(data))}</span>
              </span>
            }
          >
            <GraphSummary graph={data} />
          </PageHeader>
          <GraphCanvas graph={data} className="min-h-0 flex-1 bg-panel" />
          <Cut graph={data} />
        </div>
      )}
    </QueryView>
  );
}

function titleOf({ taskId, tasks }: TaskGraph): string {
  return tasks.find((task) => task.taskId === taskId)?.title ?? taskId;
}

function useGraph(taskId: string) {
  const trpc = useTRPC();
  const graph = useQuery(taskGraph(trpc, taskId));
  useWatched("tasks");
  const refetch = useThrottledRefetch(REFETCH_WAIT_MS, trpc.queue.graph.queryKey({ taskId }));
  const shown = new Set(graph.data?.tasks.map((task) => task.taskId));
  useFrames("task", (frame) => shown.has(frame.id) && refetch());
  return graph;
}

/** That there is more than is shown. */
function Cut({ graph }: { graph: TaskGraph }) {
  if (!graph.isTruncated) return null;
  return (
    <p className="border-t bg-panel px-4 py-2 text-xs text-ink-2">
      Showing the {graph.tasks.length} nearest tasks. Open a task to see more of its dependencies.
    </p>
  );
}
