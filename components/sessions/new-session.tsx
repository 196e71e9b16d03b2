"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useCallback, useRef, useState } from "react";
import { sendPorts } from "@/components/conversation/send-ports";
import { ImageButton } from "@/components/images/image-button";
import { PickedImages } from "@/components/images/picked-images";
import { PickedStrip } from "@/components/images/picked-strip";
import { wordsRefusal } from "@/components/images/refusals";
import { useImageIntake, usePickedImages } from "@/components/images/use-images";
import { keepProject, lastProject } from "@/components/projects/last-project";
import { sessionAddress } from "@/components/shell/addresses";
import { useTRPC, useTRPCClient } from "@/components/trpc/client";
import { isNotFound, readError } from "@/components/trpc/errors";
import { Button } from "@/components/ui/button";
import { cn } from "@/components/ui/class-names";
import { Dialog } from "@/components/ui/dialog/dialog";
import { DialogForm } from "@/components/ui/dialog/dialog-form";
import { ErrorNote } from "@/components/ui/error/error-note";
import { Field, Input, Select, TextArea } from "@/components/ui/form/field";
import { randomId } from "@/components/ui/random-id";
import { WorkspaceRef } from "@/contract/run";
import { sendTurn } from "@/contract/send-turn";
import { APPROVAL_POLICIES, DEMO_PROFILE, SANDBOX_MODES } from "@/contract/words";
import { ProfileSelect, useProfiles } from "./profile-select";
import { ProjectField } from "./project-field";

const SANDBOX_HINTS = {
  "read-only": "The agent can read the workspace but not change it.",
  "workspace-write": "The agent can change files in the workspace only.",
  "danger-full-access": "No sandbox: the agent can do anything its process can.",
} as const;
const APPROVAL_HINTS = {
  never: "Never asks. Anything the sandbox blocks fails.",
  "on-request": "Asks before going outside the sandbox.",
  untrusted: "Asks before every command not known to be safe.",
} as const;
const WORKSPACES = {
  empty: "Empty folder",
  git: "Git repository",
  directory: "Folder on this machine",
} as const;
type WorkspaceKind = keyof typeof WORKSPACES;

/** Makes a session and, where one is given, sends it its first message. */
export function NewSessionDialog({ onClose }: { onClose: () => void }) {
  const trpc = useTRPC();
  const api = useTRPCClient();
  const client = useQueryClient();
  const router = useRouter();
  const { backends, defaultProfile } = useProfiles();
  const [profile, setProfile] = useState<string | null>(null);
  const [project, setProject] = useState(lastProject);
  const [title, setTitle] = useState("");
  const [message, setMessage] = useState("");
  const [sandbox, setSandbox] = useState<(typeof SANDBOX_MODES)[number]>("workspace-write");
  const [approval, setApproval] = useState<(typeof APPROVAL_POLICIES)[number]>("on-request");
  const [workspaceKind, setWorkspaceKind] = useState<WorkspaceKind>("empty");
  const [source, setSource] = useState("");
  // One id a dialog: trying again after a lost answer finds the session that was made.
  const messageBox = useRef<HTMLTextAreaElement>(null);
  const [images] = useState(() => new PickedImages());
  const add = useCallback((files: File[]) => void images.add(files), [images]);
  const { isDraggedOver, onPaste } = useImageIntake({ isOn: true, add });
  const hasImages = usePickedImages(images).list.length > 0;
  const draft = useRef({ draftId: randomId(), sessionId: `ses_${randomId()}` });
  const chosen = profile ?? defaultProfile;

  const create = useMutation({
    mutationFn: async () => {
      const refusal = wordsRefusal(message, images.list());
      if (refusal !== null) throw new Error(refusal);
      const workspace = readWorkspace(workspaceKind, source);
      const policy = { sandbox, approval };
      const { draftId, sessionId } = draft.current;
      const session = await api.sessions.create
        .mutate({
          sessionId,
          backendProfile: chosen,
          ...(project.trim() === "" ? {} : { projectId: project.trim() }),
          ...(title.trim() === "" ? {} : { title: title.trim() }),
          metadata: { runDefaults: { executionPolicy: policy, workspaceRef: workspace } },
        })
        .catch((error: unknown) => {
          if (readError(error).reason !== "already-exists") throw error;
          return api.sessions.get.query({ sessionId });
        });
      if (message.trim() === "") return session.sessionId;
      const turn = { draftId, text: message, session, runIds: [], policy, workspace };
      const send = (attachments: string[]) => sendTurn(sendPorts(api), { ...turn, attachments });
      await images.deliver({ owner: { sessionId }, send, isGone: isNotFound });
      return session.sessionId;
    },
    onSuccess: (sessionId) => {
      keepProject(project);
      void client.invalidateQueries({ queryKey: trpc.sessions.list.pathKey() });
      router.push(sessionAddress(sessionId));
    },
  });

  const submit = () => {
    if (!create.isPending) create.mutate();
  };
  return (
    <Dialog
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      initialFocus={messageBox}
      title="New session"
      description="Start a conversation with an agent"
    >
      <DialogForm onSubmit={submit}>
        <div className="grid gap-3 sm:grid-cols-2">
          <Field label="Profile">
            {(id) => <ProfileSelect id={id} backends={backends} value={chosen} onChange={setProfile} />}
          </Field>
          <ProjectField value={project} onChange={setProject} />
          <Field label="Title" className="sm:col-span-2">
            {(id) => (
              <Input
                id={id}
                maxLength={500}
                placeholder="Taken from the first message"
                value={title}
                onChange={(event) => setTitle(event.target.value)}
              />
            )}
          </Field>
        </div>
        <Field
          label="First message"
          hint={
            chosen === DEMO_PROFILE
              ? "This profile uses a scripted demo model. Send “help” to see what it can do."
              : undefined
          }
        >
          {(id) => (
            <div className="flex flex-col gap-2">
              <TextArea
                ref={messageBox}
                id={id}
                rows={3}
                // What is shown needs a few words with it.
                required={hasImages}
                className={cn(isDraggedOver && "border-dashed border-accent bg-accent-soft")}
                value={message}
                onChange={(event) => setMessage(event.target.value)}
                onPaste={onPaste}
              />
              <div className="flex items-start gap-2">
                <ImageButton isDisabled={create.isPending} onPick={add} />
                <PickedStrip images={images} className="min-w-0 pt-1.5" />
              </div>
            </div>
          )}
        </Field>
        <div className="grid gap-3 sm:grid-cols-2">
          <Field label="Sandbox" hint={SANDBOX_HINTS[sandbox]}>
            {(id) => (
              <Select
                id={id}
                value={sandbox}
                onChange={(event) =>
                  setSandbox(SANDBOX_MODES.find((mode) => mode === event.target.value) ?? "workspace-write")
                }
              >
                {SANDBOX_MODES.map((mode) => (
                  <option key={mode}>{mode}</option>
                ))}
              </Select>
            )}
          </Field>
          <Field label="Approvals" hint={APPROVAL_HINTS[approval]}>
            {(id) => (
              <Select
                id={id}
                value={approval}
                onChange={(event) =>
                  setApproval(APPROVAL_POLICIES.find((policy) => policy === event.target.value) ?? "on-request")
                }
              >
                {APPROVAL_POLICIES.map((policy) => (
                  <option key={policy}>{policy}</option>
                ))}
              </Select>
            )}
          </Field>
          <Field label="Workspace">
            {(id) => (
              <Select
                id={id}
                value={workspaceKind}
                onChange={(event) => setWorkspaceKind(event.target.value as WorkspaceKind)}
              >
                {Object.entries(WORKSPACES).map(([kind, name]) => (
                  <option key={kind} value={kind}>
                    {name}
                  </option>
                ))}
              </Select>
            )}
          </Field>
          {workspaceKind !== "empty" && (
            <Field label={workspaceKind === "git" ? "Repository URL" : "Absolute path"}>
              {(id) => (
                <Input
                  id={id}
                  required
                  className="font-mono text-xs"
                  placeholder={workspaceKind === "git" ? "https://…" : "/…"}
                  value={source}
                  onChange={(event) => setSource(event.target.value)}
                />
              )}
            </Field>
          )}
        </div>
        <ErrorNote error={create.error} />
        <div className="flex items-center justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button variant="primary" type="submit" disabled={create.isPending}>
            {create.isPending ? "Creating…" : message.trim() === "" ? "Create session" : "Create and send"}
          </Button>
        </div>
      </DialogForm>
    </Dialog>
  );
}

function readWorkspace(kind: WorkspaceKind, source: string): WorkspaceRef {
  const workspace = kind === "git" ? { kind, url: source } : kind === "directory" ? { kind, path: source } : { kind };
  const parsed = WorkspaceRef.safeParse(workspace);
  if (parsed.success) return parsed.data;
  throw new Error(`Workspace: ${parsed.error.issues[0]?.message ?? "invalid"}`);
}
