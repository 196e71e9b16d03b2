import { useProfiles } from "@/components/sessions/profile-select";
import { CheckedField } from "@/components/ui/form/checked-field";
import { Choices } from "@/components/ui/form/choices";
import { Field, Input, Select } from "@/components/ui/form/field";
import type { BudgetDraft, BudgetErrors } from "./draft";

const TENANT_SCOPES = ["all", "one"] as const;
const TENANT_SCOPE_NAMES = { all: "All tenants", one: "One tenant" };

type BoundsFieldsProps = {
  draft: Pick<BudgetDraft, "isAllTenants" | "tenant" | "project" | "profile">;
  errors: BudgetErrors;
  /** Whether it can be of another tenant, or of all of them. */
  seesAll: boolean;
  set: (change: Partial<BudgetDraft>) => void;
};

/** What counts towards a budget: everything, unless a tenant, a project or a profile is named. */
export function BoundsFields({ draft, errors, seesAll, set }: BoundsFieldsProps) {
  const { backends } = useProfiles();
  return (
    <fieldset className="flex min-w-0 flex-col gap-3">
      <legend className="mb-1 text-xs font-medium text-ink-2">Scope</legend>
      {seesAll && (
        <Choices
          label="Tenants"
          values={TENANT_SCOPES}
          names={TENANT_SCOPE_NAMES}
          value={draft.isAllTenants ? "all" : "one"}
          onChange={(whose) => set({ isAllTenants: whose === "all" })}
        />
      )}
      <div className="grid gap-3 sm:grid-cols-2">
        {seesAll && !draft.isAllTenants && (
          <CheckedField label="Tenant" error={errors.tenant} className="sm:col-span-2">
            {(id, aria) => (
              <Input
                id={id}
                {...aria}
                autoComplete="off"
                spellCheck={false}
                placeholder="default"
                value={draft.tenant}
                onChange={(event) => set({ tenant: event.target.value })}
              />
            )}
          </CheckedField>
        )}
        <CheckedField label="Project" hint="Leave empty for all projects." error={errors.project}>
          {(id, aria) => (
            <Input
              id={id}
              {...aria}
              autoComplete="off"
              spellCheck={false}
              value={draft.project}
              onChange={(event) => set({ project: event.target.value })}
            />
          )}
        </CheckedField>
        <Field label="Profile">
          {(id) => (
            <Select id={id} value={draft.profile} onChange={(event) => set({ profile: event.target.value })}>
              <option value="">All profiles</option>
              {backends.map(({ profile, isDemo }) => (
                <option key={profile} value={profile}>
                  {profile}
                  {isDemo && " (scripted model)"}
                </option>
              ))}
            </Select>
          )}
        </Field>
      </div>
    </fieldset>
  );
}
