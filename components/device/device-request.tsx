"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import Link from "next/link";
import { type RefObject, useEffect, useRef } from "react";
import { useIdentity } from "@/components/shell/identity";
import { useTRPC } from "@/components/trpc/client";
import { readError } from "@/components/trpc/errors";
import { Button } from "@/components/ui/button";
import { ErrorNote } from "@/components/ui/error/error-note";
import { revealHidden } from "@/components/ui/hidden-characters";
import { Facts, Panel } from "@/components/ui/page";
import { Countdown, Time } from "@/components/ui/time/time";
import type { DeviceSignIn } from "@/contract/device-sign-in";

/** What asks, what it would get, and the answer to it. */
export function DeviceRequest({ request }: { request: DeviceSignIn }) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const { name, role, tenantId } = useIdentity();
  const outcome = useRef<HTMLDivElement>(null);
  const decide = useMutation(
    trpc.identity.decideDeviceSignIn.mutationOptions({
      // Another page has answered: what it said is shown before anything can be pressed again.
      onError: (error, { userCode }) =>
        readError(error).reason === "already-terminal"
          ? client.invalidateQueries(trpc.identity.deviceSignIn.queryFilter({ userCode }))
          : undefined,
      onSuccess: (decided, { userCode }) =>
        client.setQueryData(trpc.identity.deviceSignIn.queryKey({ userCode }), decided),
    }),
  );
  const { userCode, state } = request;
  const isAnswered = !decide.isIdle && state !== "waiting";
  // The buttons are gone that had the focus.
  useEffect(() => {
    if (isAnswered) outcome.current?.focus();
  }, [isAnswered]);
  const gets = `Personal token for ${name}, role ${role}, ${tenantId === null ? "all tenants" : `tenant ${tenantId}`}`;
  const answer = (decision: "allow" | "refuse") => decide.mutate({ userCode, decision });
  return (
    <Panel title="Authorize this terminal?">
      <div className="flex flex-col gap-4 p-4 text-sm">
        <p className="self-center rounded-md border bg-code px-4 py-2 font-mono text-xl font-semibold tracking-widest">
          {userCode}
        </p>
        {state === "waiting" && (
          <p className="rounded-md bg-warn-soft p-3 text-xs text-warn">
            Only allow this if you just ran agentrun login and your terminal shows this code. If someone sent you this
            link or code, deny it: they would be able to act as you.
          </p>
        )}
        <Facts
          items={[
            ["Client", revealHidden(request.client)],
            ["IP address", `${request.address}, as seen by this server`],
            ["Requested", <Time key="asked" at={request.askedAt} />],
            [
              "Code expires",
              state === "waiting" ? <Countdown key="over" to={request.expiresAt} past="expired" /> : null,
            ],
            ["Access", state === "refused" ? null : gets],
            ["Expires", state === "refused" ? null : <ExpiresIn key="ends" until={request.until} />],
          ]}
        />
        <ErrorNote error={decide.error} />
        {state === "waiting" && (
          <div className="flex justify-end gap-2">
            <Button disabled={decide.isPending} onClick={() => answer("refuse")}>
              Deny
            </Button>
            <Button variant="primary" disabled={decide.isPending} onClick={() => answer("allow")}>
              Allow
            </Button>
          </div>
        )}
        <Outcome state={state} container={outcome} />
      </div>
    </Panel>
  );
}

function ExpiresIn({ until }: { until: string | null }) {
  if (until === null) return "when you sign out";
  return (
    <>
      when you sign out, at the latest <Time at={until} />
    </>
  );
}

/** What came of it: read out as it changes. */
function Outcome({ state, container }: Pick<DeviceSignIn, "state"> & { container: RefObject<HTMLDivElement | null> }) {
  return (
    <div role="status" ref={container} tabIndex={-1} className="empty:hidden">
      {state === "allowed" && (
        <p>
          <span className="font-semibold text-good">Allowed.</span> Return to your terminal. You can revoke its token in{" "}
          <Link href="/settings" className="text-accent underline">
            Settings
          </Link>
          .
        </p>
      )}
      {state === "collected" && <p>This request was allowed and the terminal is signed in.</p>}
      {state === "refused" && (
        <p>
          <span className="font-semibold text-bad">Denied.</span> The terminal didn't get access.
        </p>
      )}
    </div>
  );
}
