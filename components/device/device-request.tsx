"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import Link from "next/link";
import { useIdentity } from "@/components/shell/identity";
import { useTRPC } from "@/components/trpc/client";
import { Button } from "@/components/ui/button";
import { ErrorNote } from "@/components/ui/error-note";
import { showTricks } from "@/components/ui/hidden-text";
import { Facts, Panel } from "@/components/ui/page";
import { Time } from "@/components/ui/time";
import type { DeviceSignIn } from "@/contract/device-sign-in";

/** What asks, what it would get, and the answer to it. */
export function DeviceRequest({ request }: { request: DeviceSignIn }) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const { name, role, tenantId } = useIdentity();
  const decide = useMutation(
    trpc.identity.decideDeviceSignIn.mutationOptions({
      onSuccess: (decided, { userCode }) =>
        client.setQueryData(trpc.identity.deviceSignIn.queryKey({ userCode }), decided),
    }),
  );
  const { userCode, state, mayAllow } = request;
  const gets = `a token of your own, as ${name}/…, role ${role}, ${tenantId === null ? "all tenants" : `tenant ${tenantId}`}`;
  const answer = (decision: "allow" | "refuse") => decide.mutate({ userCode, decision });
  return (
    <Panel title="A terminal asks to act for you">
      <div className="flex flex-col gap-4 p-4 text-sm">
        <p className="self-center rounded-md border bg-code px-4 py-2 font-mono text-xl font-semibold tracking-widest">
          {userCode}
        </p>
        {state === "waiting" && (
          <p className="rounded-md bg-warn-soft p-3 text-xs text-warn">
            Allow it only if your own terminal shows this very code, because you have just run agentrun login there. If
            somebody sent you this page or the code, refuse: what they run would act under your name.
          </p>
        )}
        <Facts
          items={[
            ["Calls itself", showTricks(request.client)],
            ["Asks from", `${request.address}, as this server sees it`],
            ["Asked", <Time key="asked" at={request.askedAt} />],
            ["It gets", state === "refused" ? null : gets],
            ["Which ends", state === "refused" ? null : <Ends key="ends" until={request.until} />],
          ]}
        />
        <ErrorNote error={decide.error} />
        {state === "waiting" && mayAllow && (
          <div className="flex justify-end gap-2">
            <Button disabled={decide.isPending} onClick={() => answer("refuse")}>
              Refuse
            </Button>
            <Button look="primary" disabled={decide.isPending} onClick={() => answer("allow")}>
              Allow
            </Button>
          </div>
        )}
        <Outcome state={state} mayAllow={mayAllow} />
      </div>
    </Panel>
  );
}

function Ends({ until }: { until: string | null }) {
  if (until === null) return "with your sign-in";
  return (
    <>
      when you sign out, or your sign-in ends: <Time at={until} />
    </>
  );
}

/** What came of it, or why nothing can: read out as it changes. */
function Outcome({ state, mayAllow }: Pick<DeviceSignIn, "state" | "mayAllow">) {
  return (
    <div role="status" className="empty:hidden">
      {state === "waiting" && !mayAllow && (
        <p className="text-xs text-ink-2">
          You signed in by a token of a program, and it makes no others: have the terminal use it as AGENTRUN_TOKEN.
        </p>
      )}
      {state === "allowed" && (
        <p>
          <span className="font-semibold text-good">Allowed.</span> Go back to your terminal, which goes on within
          seconds. Its token stands under{" "}
          <Link href="/settings" className="text-accent underline">
            Settings
          </Link>
          , where you can revoke it.
        </p>
      )}
      {state === "collected" && <p>This was allowed, and the terminal has its token.</p>}
      {state === "refused" && (
        <p>
          <span className="font-semibold text-bad">Refused.</span> Nothing was given, and the terminal is told so.
        </p>
      )}
    </div>
  );
}
