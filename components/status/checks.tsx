"use client";
import { useMutation } from "@tanstack/react-query";
import { useTRPCClient } from "@/components/trpc/client";
import { Button } from "@/components/ui/button";
import { ErrorNote } from "@/components/ui/error/error-note";
import { formatPlural } from "@/components/ui/format";
import { Part } from "./status-part";

type Verified = { isEqual: boolean; differing: number; of: string };
type CheckProps = { name: string; about: string; runCheck: () => Promise<Verified> };

/** What counts beside the rows are held against the rows when somebody asks: it reads all of them. */
export function Checks() {
  const api = useTRPCClient();
  return (
    <>
      <Check
        name="Queue counts"
        about="Compares task counters with the tasks themselves."
        runCheck={async () => {
          const { tasks, ...answer } = await api.queue.verify.query();
          return { ...answer, of: formatPlural(tasks, "task") };
        }}
      />
      <Check
        name="Usage totals"
        about="Compares daily and session totals with the recorded calls."
        runCheck={async () => {
          const { calls, isEqual, differing, sessions } = await api.usage.verify.query();
          return { isEqual, differing: differing + sessions.differing, of: formatPlural(calls, "call") };
        }}
      />
    </>
  );
}

function Check({ name, about, runCheck }: CheckProps) {
  const check = useMutation({ mutationFn: runCheck });
  const { data } = check;
  const tone = data === undefined ? "quiet" : data.isEqual ? "good" : "bad";
  const word = data === undefined ? "not checked" : data.isEqual ? "match" : "mismatch";
  return (
    <Part
      name={name}
      tone={tone}
      word={word}
      action={
        <Button size="sm" onClick={() => check.mutate()} disabled={check.isPending} aria-label={`Verify ${name}`}>
          {check.isPending ? "Verifying…" : "Verify"}
        </Button>
      }
    >
      <span role="status">
        {data === undefined
          ? about
          : data.isEqual
            ? `Checked ${data.of}, all totals match.`
            : `Checked ${data.of}: ${formatPlural(data.differing, "total")} wrong. Report this with the output of the verify API.`}
      </span>
      <ErrorNote error={check.error} className="mt-1" />
    </Part>
  );
}
