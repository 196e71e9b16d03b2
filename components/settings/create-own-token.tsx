"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useIdentity } from "@/components/shell/identity";
import { useTRPC } from "@/components/trpc/client";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog/dialog";
import { ErrorNote } from "@/components/ui/error/error-note";
import { Field, Input } from "@/components/ui/form/field";
import { revealHidden } from "@/components/ui/hidden-characters";
import type { CreatedToken } from "@/contract/identity";
import type { TokenScope } from "@/contract/words";
import { ScopesField } from "./scopes-field";
import { TokenSecret } from "./token-secret";

/** Makes a token for a program of the person who is signed in. */
export function CreateOwnTokenDialog({ onClose }: { onClose: () => void }) {
  const [createdToken, setCreatedToken] = useState<CreatedToken | null>(null);
  return (
    <Dialog
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      title={createdToken === null ? "New personal token" : `Token ${revealHidden(createdToken.name)}`}
    >
      {createdToken === null ? (
        <OwnTokenForm onMade={setCreatedToken} />
      ) : (
        <TokenSecret token={createdToken.token} onClose={onClose} />
      )}
    </Dialog>
  );
}

function OwnTokenForm({ onMade }: { onMade: (token: CreatedToken) => void }) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const { name } = useIdentity();
  const [label, setLabel] = useState("");
  const [scopes, setScopes] = useState<readonly TokenScope[]>([]);
  const create = useMutation(
    trpc.identity.createOwnToken.mutationOptions({
      onSuccess: (token) => {
        onMade(token);
        void client.invalidateQueries({ queryKey: trpc.identity.ownTokens.pathKey() });
        void client.invalidateQueries({ queryKey: trpc.identity.tokens.pathKey() });
      },
    }),
  );

  function submit(event: FormEvent): void {
    event.preventDefault();
    create.mutate({ label: label.trim(), ...(scopes.length === 0 ? {} : { scopes: [...scopes] }) });
  }

  return (
    <form className="flex flex-col gap-3" onSubmit={submit}>
      <Field
        label="Name"
        hint={`The machine or program that uses it. The audit log shows it as ${revealHidden(name)}/…`}
      >
        {(id) => (
          <Input
            id={id}
            required
            maxLength={40}
            autoComplete="off"
            placeholder="laptop"
            value={label}
            onChange={(event) => setLabel(event.target.value)}
          />
        )}
      </Field>
      <ScopesField none="full access with your role" chosen={scopes} onChange={setScopes} />
      <ErrorNote error={create.error} />
      <Button variant="primary" type="submit" className="self-end" disabled={create.isPending || label.trim() === ""}>
        {create.isPending ? "Creating…" : "Create token"}
      </Button>
    </form>
  );
}
