import { useQuery } from "@tanstack/react-query";
import type { ComponentProps } from "react";
import { useTRPC } from "@/components/trpc/client";
import { Select } from "@/components/ui/form/field";
import type { Backend } from "@/contract/backend";
import { DEMO_PROFILE } from "@/contract/words";

/** The profiles that there are, and the one that is chosen until somebody chooses: the demo, else the first that works. */
export function useProfiles(): { backends: Backend[]; defaultProfile: string } {
  const trpc = useTRPC();
  const backends = useQuery(trpc.backends.list.queryOptions()).data?.items ?? [];
  const usable = backends.filter((backend) => backend.isConfigured);
  const demo = usable.find((backend) => backend.profile === DEMO_PROFILE);
  return { backends, defaultProfile: demo?.profile ?? usable[0]?.profile ?? DEMO_PROFILE };
}

type ProfileSelectProps = Omit<ComponentProps<typeof Select>, "onChange" | "value"> & {
  backends: Backend[];
  value: string;
  onChange: (profile: string) => void;
};

/** Chooses a backend profile; one without a model is shown and cannot be chosen. */
export function ProfileSelect({ backends, value, onChange, ...rest }: ProfileSelectProps) {
  return (
    <Select {...rest} value={value} onChange={(event) => onChange(event.target.value)}>
      {backends.length === 0 && <option>{value}</option>}
      {backends.map((backend) => (
        <option key={backend.profile} value={backend.profile} disabled={!backend.isConfigured}>
          {backend.profile}
          {backend.isDemo ? " (scripted model)" : backend.isConfigured ? "" : " (not configured)"}
        </option>
      ))}
    </Select>
  );
}
