"use client";
import { useQuery } from "@tanstack/react-query";
import { useTRPC } from "@/components/trpc/client";
import { Select } from "@/components/ui/form/field";
import { shortenId } from "@/components/ui/format";
import { runJobs } from "./run-jobs";

type AttemptSelectProps = { runId: string; value: string | null; onChange: (attemptId: string | null) => void };

/** Which of a run's attempts is looked at, where it has had several. */
export function AttemptSelect({ runId, value, onChange }: AttemptSelectProps) {
  const trpc = useTRPC();
  const jobs = useQuery(runJobs(trpc, runId)).data?.items ?? [];
  if (jobs.length < 2) return null;
  return (
    <Select
      aria-label="Attempt"
      className="w-auto text-xs"
      value={value ?? jobs[0]?.attemptId}
      onChange={(event) => onChange(event.target.value === jobs[0]?.attemptId ? null : event.target.value)}
    >
      {jobs.map((job, index) => (
        <option key={job.id} value={job.attemptId}>
          attempt {jobs.length - index}: {shortenId(job.attemptId)} {job.state}
        </option>
      ))}
    </Select>
  );
}
