"use client";
import { useMutation } from "@tanstack/react-query";
import { useTRPCClient } from "@/components/trpc/client";
import { Button } from "@/components/ui/button";
import { ErrorNote } from "@/components/ui/error-note";
import { formatPlural } from "@/components/ui/format";
import { Part } from "./part";

type Verified = { isEqual: boolean; differing: number; of: string };
type CheckProps = { name: string; about: string; ask: () => Promise<Verified> };

/** What counts beside the rows are held against the rows when somebody asks: it reads all of them. */
export function Checks() {
  const api = useTRPCClient();
  return (
    <>
      <Check
        name="Queue's counts"
        about="Compares the counts of tasks with the tasks themselves."
        ask={async () => {
          const { tasks, ...answer } = await api.queue.verify.query();
          return { ...answer, of: formatPlural(tasks, "task") };
        }}
      />
      <Check
        name="Usage's sums"
        about="Compares the sums of days and sessions with the calls themselves."
        ask={async () => {
          const { calls, isEqual, differing, sessions } = await api.usage.verify.query();
          return { isEqual, differing: differing + sessions.differing, of: formatPlural(calls, "call") };
        }}
      />
    </>
  );
}

function Check({ name, about, ask }: CheckProps) {
  const check = useMutation({ mutationFn: ask });
  const { data } = check;
  const tone = data === undefined ? "quiet" : data.isEqual ? "good" : "bad";
  const word = data === undefined ? "not checked" : data.isEqual ? "equal" : "differ";
  return (
    <Part
      name={name}
      tone={tone}
      word={word}
      action={
        <Button size="sm" onClick={() => check.mutate()} disabled={check.isPending} aria-label={`Verify ${name}`}>
          {check.isPending ? "Comparing…" : "Verify"}
        </Button>
      }
    >
      <span role="status">
        {data === undefined
          ? about
          : data.isEqual
            ? `Equal, over ${data.of}.`
            : `${formatPlural(data.differing, "sum")} differ, over ${data.of}: report it, with what the API's verify says.`}
      </span>
      <ErrorNote error={check.error} className="mt-1" />
    </Part>
  );
}
