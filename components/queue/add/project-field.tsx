import { useQuery } from "@tanstack/react-query";
import { ProjectInput } from "@/components/projects/project-input";
import { useTRPC } from "@/components/trpc/client";
import { DraftField, type DraftFieldProps } from "./draft-field";

/** As many of the newest tasks are looked through for their projects. */
const SESSIONS_READ = 50;

/** The project of a new task: typed, or one of those that tasks of late belong to. */
export function ProjectField(fieldProps: Pick<DraftFieldProps, "draft" | "errors" | "set">) {
  const { draft, set } = fieldProps;
  const input = { sort: "updatedAt" as const, limit: SESSIONS_READ };
  const tasks = useQuery(useTRPC().queue.listTasks.queryOptions(input)).data?.items ?? [];
  return (
    <DraftField {...fieldProps} name="project" label="Project">
      {(id, aria) => (
        <ProjectInput id={id} {...aria} of={tasks} value={draft.project} onChange={(project) => set({ project })} />
      )}
    </DraftField>
  );
}
