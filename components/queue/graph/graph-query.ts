import type { Api } from "@/components/trpc/lists";

/** The stream tells of tasks; what others' tasks change, and that one was added behind these, is asked for. */
const POLL_MS = 10_000;

export const taskGraph = (api: Api, taskId: string) =>
  api.queue.graph.queryOptions({ taskId }, { refetchInterval: POLL_MS });
