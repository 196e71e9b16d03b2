import type { ComponentProps } from "react";
import { Input } from "@/components/ui/form/field";
import { revealHidden } from "@/components/ui/hidden-characters";

type ProjectInputProps = Omit<ComponentProps<typeof Input>, "id" | "value" | "onChange"> & {
  id: string;
  value: string;
  /** Projects of the rows that the caller has read: no list of projects is kept. */
  of: readonly { projectId: string }[];
  onChange: (projectId: string) => void;
};

/** A project, typed or picked from those that are known. */
export function ProjectInput({ id, value, of, onChange, ...rest }: ProjectInputProps) {
  const projectIds = [...new Set(of.map(({ projectId }) => projectId))].sort();
  return (
    <>
      <Input
        id={id}
        {...rest}
        list={`${id}-known`}
        autoComplete="off"
        spellCheck={false}
        placeholder="default"
        value={value}
        onChange={(event) => onChange(event.target.value)}
      />
      <datalist id={`${id}-known`}>
        {projectIds.map((projectId) => (
          <option key={projectId} value={projectId}>
            {revealHidden(projectId)}
          </option>
        ))}
      </datalist>
    </>
  );
}
