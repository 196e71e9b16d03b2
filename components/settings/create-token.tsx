"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useIdentity } from "@/components/shell/identity";
import { useTRPC } from "@/components/trpc/client";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog/dialog";
import { ErrorNote } from "@/components/ui/error/error-note";
import { Field, Input, Select } from "@/components/ui/form/field";
import { revealHidden } from "@/components/ui/hidden-characters";
import { toServerTime } from "@/components/ui/time/clock";
import type { CreatedToken, CreateTokenInput } from "@/contract/identity";
import { ROLES, type Role, type TokenScope } from "@/contract/words";
import { ScopesField } from "./scopes-field";
import { TenantField } from "./tenant-field";
import { TokenSecret } from "./token-secret";

const DAY_MS = 86_400_000;
const LIVES: readonly [string, number | null][] = [
  ["30 days", 30],
  ["90 days", 90],
  ["1 year", 365],
  ["never", null],
];
const DEFAULT_LIFE = "90 days";
const ROLE_HINTS: Record<Role, string> = {
  viewer: "Can view everything, but change nothing",
  operator: "Can view everything and manage agents' work",
  admin: "Full access, including tokens, backends and orphaned volumes",
};

/** Makes a token, and tells its secret the one time that it is known. */
export function CreateTokenDialog({ onClose }: { onClose: () => void }) {
  const [createdToken, setCreatedToken] = useState<CreatedToken | null>(null);
  return (
    <Dialog
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      title={createdToken === null ? "New token" : `Token ${revealHidden(createdToken.name)}`}
    >
      {createdToken === null ? (
        <TokenForm onMade={setCreatedToken} />
      ) : (
        <TokenSecret token={createdToken.token} onClose={onClose} />
      )}
    </Dialog>
  );
}

function TokenForm({ onMade }: { onMade: (token: CreatedToken) => void }) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const { tenantId: ownTenantId } = useIdentity();
  const [name, setName] = useState("");
  const [role, setRole] = useState<Role>("operator");
  const [tenantId, setTenantId] = useState("");
  const [life, setLife] = useState(DEFAULT_LIFE);
  const [scopes, setScopes] = useState<readonly TokenScope[]>([]);
  const create = useMutation(
    trpc.identity.createToken.mutationOptions({
      onSuccess: (token) => {
        onMade(token);
        void client.invalidateQueries({ queryKey: trpc.identity.tokens.pathKey() });
      },
    }),
  );

  function submit(event: FormEvent): void {
    event.preventDefault();
    const days = LIVES.find(([option]) => option === life)?.[1] ?? null;
    const input: CreateTokenInput = {
      ...{ name: name.trim(), role },
      ...(tenantId.trim() === "" ? {} : { tenantId: tenantId.trim() }),
      ...(scopes.length === 0 ? {} : { scopes: [...scopes] }),
      ...(days === null ? {} : { expiresAt: new Date(toServerTime(Date.now()) + days * DAY_MS).toISOString() }),
    };
    create.mutate(input);
  }

  return (
    <form className="flex flex-col gap-3" onSubmit={submit}>
      <Field label="Name" hint="Shown in the audit log: the person or program that uses it">
        {(id) => (
          <Input
            id={id}
            required
            maxLength={100}
            autoComplete="off"
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
        )}
      </Field>
      <div className="grid gap-3 sm:grid-cols-2">
        <Field label="Role" hint={ROLE_HINTS[role]}>
          {(id) => (
            <Select
              id={id}
              value={role}
              onChange={(event) => setRole(ROLES.find((option) => option === event.target.value) ?? "viewer")}
            >
              {ROLES.map((option) => (
                <option key={option}>{option}</option>
              ))}
            </Select>
          )}
        </Field>
        <Field label="Expires">
          {(id) => (
            <Select id={id} value={life} onChange={(event) => setLife(event.target.value)}>
              {LIVES.map(([option]) => (
                <option key={option}>{option}</option>
              ))}
            </Select>
          )}
        </Field>
      </div>
      {ownTenantId === null && (
        <TenantField hint="Leave empty for all tenants" value={tenantId} onChange={setTenantId} />
      )}
      <ScopesField none="full access with its role" chosen={scopes} onChange={setScopes} />
      <ErrorNote error={create.error} />
      <Button variant="primary" type="submit" className="self-end" disabled={create.isPending || name.trim() === ""}>
        {create.isPending ? "Creating…" : "Create token"}
      </Button>
    </form>
  );
}
