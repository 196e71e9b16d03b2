import { useQuery } from "@tanstack/react-query";
import { useTRPC } from "@/components/trpc/client";
import { Input } from "@/components/ui/field";
import { showTricks } from "@/components/ui/hidden-text";
import { DraftField, type DraftFieldProps } from "./draft-field";

/** As many of the newest tasks are looked through for their projects. */
const LOOKED_AT = 50;

/** The project of a new task: typed, or one of those that tasks of late belong to. */
export function ProjectField(place: Pick<DraftFieldProps, "draft" | "errors" | "set">) {
  const { draft, set } = place;
  const asked = { sort: "updatedAt" as const, limit: LOOKED_AT };
  const tasks = useQuery(useTRPC().queue.listTasks.queryOptions(asked)).data?.items ?? [];
  const known = [...new Set(tasks.map(({ projectId }) => projectId))].sort();
  return (
    <DraftField {...place} name="project" label="Project">
      {(id, aria) => (
        <>
          <Input
            id={id}
            {...aria}
            list={`${id}-known`}
            autoComplete="off"
            spellCheck={false}
            placeholder="default"
            value={draft.project}
            onChange={(event) => set({ project: event.target.value })}
          />
          <datalist id={`${id}-known`}>
            {known.map((project) => (
              <option key={project} value={project}>
                {showTricks(project)}
              </option>
            ))}
          </datalist>
        </>
      )}
    </DraftField>
  );
}
