"use client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { type FormEvent, useState } from "react";
import { toast } from "sonner";
import { storageAddress } from "@/components/shell/addresses";
import { useTRPC } from "@/components/trpc/client";
import { Button } from "@/components/ui/button";
import { CurlButton } from "@/components/ui/curl/curl-button";
import { Dialog } from "@/components/ui/dialog/dialog";
import { ErrorNote } from "@/components/ui/error/error-note";
import { Field, Input, Select } from "@/components/ui/form/field";
import { revealHidden } from "@/components/ui/hidden-characters";
import type { OrphanVolume } from "@/contract/storage";
import { orphanPath } from "./paths";

/** Makes a session for a volume that has none, with what the volume says of itself filled in. */
export function AdoptDialog({ orphan, onClose }: { orphan: OrphanVolume; onClose: () => void }) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const router = useRouter();
  const backends = useQuery(trpc.backends.list.queryOptions()).data?.items ?? [];
  const [profile, setProfile] = useState("");
  const [title, setTitle] = useState("");
  const [sessionId, setSessionId] = useState(orphan.sessionId ?? "");
  const [tenantId, setTenantId] = useState(orphan.tenantId ?? "");
  const [projectId, setProjectId] = useState(orphan.projectId ?? "");
  const defaultBackend = backends.find((backend) => backend.isConfigured) ?? backends[0];
  const chosen = profile === "" ? (defaultBackend?.profile ?? "") : profile;
  const adopt = useMutation(
    trpc.storage.adopt.mutationOptions({
      onSuccess: (session) => {
        void client.invalidateQueries({ queryKey: trpc.storage.pathKey() });
        void client.invalidateQueries({ queryKey: trpc.sessions.list.pathKey() });
        toast.success("Adopted");
        onClose();
        router.push(storageAddress(session.sessionId));
      },
    }),
  );
  const body = {
    uid: orphan.uid,
    backendProfile: chosen,
    ...(sessionId === "" ? {} : { sessionId }),
    ...(tenantId === "" ? {} : { tenantId }),
    ...(projectId === "" ? {} : { projectId }),
    ...(title.trim() === "" ? {} : { title: title.trim() }),
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    adopt.mutate({ name: orphan.name, ...body });
  };
  return (
    <Dialog
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      title="Adopt volume"
      description={revealHidden(orphan.name)}
    >
      <form onSubmit={submit} className="flex flex-col gap-3">
        <p className="text-sm text-ink-2">The volume is attached to its session again. Its content stays as it is.</p>
        <Field
          label="Session"
          hint={
            orphan.sessionId === null
              ? "The volume has no session label. Its name is derived from the session ID, so only that one fits."
              : "From the volume's label"
          }
        >
          {(id) => (
            <Input
              id={id}
              className="font-mono"
              autoComplete="off"
              spellCheck={false}
              required
              readOnly={orphan.sessionId !== null}
              value={sessionId}
              onChange={(event) => setSessionId(event.target.value)}
            />
          )}
        </Field>
        <Field label="Profile">
          {(id) => (
            <Select id={id} value={chosen} onChange={(event) => setProfile(event.target.value)}>
              {backends.map((backend) => (
                <option key={backend.profile}>{backend.profile}</option>
              ))}
            </Select>
          )}
        </Field>
        <Field label="Title">
          {(id) => <Input id={id} maxLength={500} value={title} onChange={(event) => setTitle(event.target.value)} />}
        </Field>
        <div className="grid grid-cols-2 gap-3">
          <Field label="Tenant">
            {(id) => (
              <Input
                id={id}
                placeholder="default"
                value={tenantId}
                onChange={(event) => setTenantId(event.target.value)}
              />
            )}
          </Field>
          <Field label="Project">
            {(id) => (
              <Input
                id={id}
                placeholder="default"
                value={projectId}
                onChange={(event) => setProjectId(event.target.value)}
              />
            )}
          </Field>
        </div>
        <ErrorNote error={adopt.error} />
        <div className="flex flex-wrap justify-end gap-2">
          <CurlButton call={() => ({ method: "POST", path: `${orphanPath(orphan)}/adopt`, body })} />
          <Button onClick={onClose}>Cancel</Button>
          <Button variant="primary" type="submit" disabled={adopt.isPending || chosen === "" || sessionId === ""}>
            {adopt.isPending ? "Adopting…" : "Adopt"}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
