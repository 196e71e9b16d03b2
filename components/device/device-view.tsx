"use client";
import { useQuery } from "@tanstack/react-query";
import { useTRPC } from "@/components/trpc/client";
import { Button } from "@/components/ui/button";
import { ErrorNote } from "@/components/ui/error/error-note";
import { Field, Input } from "@/components/ui/form/field";
import { PageHeader, Panel, TableSkeleton } from "@/components/ui/page";
import { ScrollRegion } from "@/components/ui/scroll-region";
import { readUserCode } from "@/contract/user-code";
import { DeviceRequest } from "./device-request";

/** Where a person lets a terminal act for them: by the code that it shows, typed here or brought along. */
export function DeviceView({ typed }: { typed: string | null }) {
  const userCode = typed === null ? null : readUserCode(typed);
  return (
    <div className="flex h-full min-h-0 flex-col">
      <PageHeader
        title="Sign in a terminal"
        description="Authorize the command line with the code that agentrun login shows"
      />
      <ScrollRegion label="Sign in a terminal" className="min-h-0 flex-1">
        <div className="flex max-w-xl flex-col gap-4 p-4 lg:p-6">
          {userCode === null ? (
            <CodeForm isWrong={typed !== null && typed !== ""} />
          ) : (
            <PendingRequest userCode={userCode} />
          )}
        </div>
      </ScrollRegion>
    </div>
  );
}

/** Leads to this page with the code in its address, as the terminal's own link does. */
function CodeForm({ isWrong = false }: { isWrong?: boolean }) {
  return (
    <Panel title="Enter code">
      <form action="/device" className="flex flex-col gap-3 p-4">
        {isWrong && (
          <p role="alert" className="rounded-md bg-bad-soft p-2 text-xs text-bad">
            That isn't a valid code. Codes have eight letters, such as BCDF-GHJK.
          </p>
        )}
        <Field label="Code" hint="The eight letters shown by agentrun login">
          {(id) => (
            <Input
              id={id}
              name="code"
              required
              autoFocus
              maxLength={20}
              autoComplete="off"
              autoCapitalize="characters"
              spellCheck={false}
              placeholder="XXXX-XXXX"
              className="font-mono uppercase placeholder:normal-case"
            />
          )}
        </Field>
        <Button variant="primary" type="submit" className="self-end">
          Continue
        </Button>
      </form>
    </Panel>
  );
}

function PendingRequest({ userCode }: { userCode: string }) {
  const trpc = useTRPC();
  // What it says is decided on once, and counts as a try: it is not asked again by itself.
  const query = useQuery(
    trpc.identity.deviceSignIn.queryOptions(
      { userCode },
      { staleTime: Number.POSITIVE_INFINITY, refetchOnWindowFocus: false, refetchOnReconnect: false },
    ),
  );
  // What was there and is no more is told, rather than what it was.
  if (query.error === null)
    return query.data === undefined ? <TableSkeleton rows={4} /> : <DeviceRequest request={query.data} />;
  return (
    <>
      <ErrorNote error={query.error} />
      <CodeForm />
    </>
  );
}
