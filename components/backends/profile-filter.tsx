"use client";
import { useQuery } from "@tanstack/react-query";
import { useTRPC } from "@/components/trpc/client";
import { Select } from "@/components/ui/form/field";
import { revealHidden } from "@/components/ui/hidden-characters";

/** The names of all backend profiles. */
export function useProfiles(): string[] {
  const trpc = useTRPC();
  const backends = useQuery(trpc.backends.list.queryOptions()).data?.items ?? [];
  return backends.map(({ profile }) => profile);
}

type ProfileFilterProps = { value: string | null; onChange: (profile: string | null) => void };

/** Narrows a list to a backend profile; one that stands in the address and is not known is shown all the same. */
export function ProfileFilter({ value, onChange }: ProfileFilterProps) {
  const profiles = useProfiles();
  const isKnown = value === null || profiles.includes(value);
  return (
    <Select
      aria-label="Profile"
      className="w-auto"
      value={value ?? ""}
      onChange={(event) => onChange(event.target.value || null)}
    >
      <option value="">Any profile</option>
      {(isKnown ? profiles : [...profiles, value]).map((profile) => (
        <option key={profile} value={profile ?? ""}>
          {revealHidden(profile)}
        </option>
      ))}
    </Select>
  );
}
