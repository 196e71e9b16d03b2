import { useQuery } from "@tanstack/react-query";
import { useTRPC } from "@/components/trpc/client";
import { Field, Input } from "@/components/ui/field";

/** As many of the newest sessions are asked which projects there are: no list of projects is kept. */
const SESSIONS_ASKED = 200;
const KEY = "agentrun-project";

/** The project that this browser last began a session in. */
export function recallProject(): string {
  return globalThis.localStorage?.getItem(KEY) ?? "";
}

export function rememberProject(projectId: string): void {
  if (projectId === "") globalThis.localStorage?.removeItem(KEY);
  else globalThis.localStorage?.setItem(KEY, projectId);
}

/** Chooses one of the projects that have sessions, or names another. */
export function ProjectField({ value, onChange }: { value: string; onChange: (projectId: string) => void }) {
  const trpc = useTRPC();
  const sessions = useQuery(
    trpc.sessions.list.queryOptions({ state: "all", limit: SESSIONS_ASKED }, { staleTime: 60_000 }),
  ).data;
  const known = [...new Set(sessions?.items.map(({ projectId }) => projectId))].sort();
  return (
    <Field label="Project">
      {(id) => (
        <>
          <Input
            id={id}
            list={`${id}-known`}
            maxLength={128}
            placeholder="default"
            autoComplete="off"
            spellCheck={false}
            value={value}
            onChange={(event) => onChange(event.target.value)}
          />
          <datalist id={`${id}-known`}>
            {known.map((projectId) => (
              <option key={projectId} value={projectId} />
            ))}
          </datalist>
        </>
      )}
    </Field>
  );
}
