import { useQuery } from "@tanstack/react-query";
import { ProjectInput } from "@/components/projects/project-input";
import { useTRPC } from "@/components/trpc/client";
import { Field } from "@/components/ui/form/field";

/** As many of the newest sessions are looked through for their projects. */
const SESSIONS_READ = 200;

/** The project of a new session: typed, or one of those that have sessions. */
export function ProjectField({ value, onChange }: { value: string; onChange: (projectId: string) => void }) {
  const trpc = useTRPC();
  const sessions = useQuery(
    trpc.sessions.list.queryOptions({ state: "all", limit: SESSIONS_READ }, { staleTime: 60_000 }),
  ).data;
  return (
    <Field label="Project">
      {(id) => <ProjectInput id={id} maxLength={128} of={sessions?.items ?? []} value={value} onChange={onChange} />}
    </Field>
  );
}
