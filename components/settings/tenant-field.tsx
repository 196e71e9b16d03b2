import { Field, Input } from "@/components/ui/form/field";

type TenantFieldProps = { hint: string; value: string; onChange: (tenantId: string) => void };

/** Whose something is that an administrator of all tenants makes. */
export function TenantField({ hint, value, onChange }: TenantFieldProps) {
  return (
    <Field label="Tenant" hint={hint}>
      {(id) => (
        <Input
          id={id}
          autoComplete="off"
          spellCheck={false}
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  );
}
