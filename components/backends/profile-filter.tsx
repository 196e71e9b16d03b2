"use client";
import { useQuery } from "@tanstack/react-query";
import { useTRPC } from "@/components/trpc/client";
import { Select } from "@/components/ui/field";

type ProfileFilterProps = { value: string | null; onChange: (profile: string | null) => void };

/** Narrows a list to a backend profile; one that stands in the address and is not known is shown all the same. */
export function ProfileFilter({ value, onChange }: ProfileFilterProps) {
  const trpc = useTRPC();
  const backends = useQuery(trpc.backends.list.queryOptions()).data?.items ?? [];
  const profiles = backends.map(({ profile }) => profile);
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
        <option key={profile}>{profile}</option>
      ))}
    </Select>
  );
}
