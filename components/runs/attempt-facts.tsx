import { Id } from "@/components/ui/copy";
import { revealHidden } from "@/components/ui/hidden-characters";
import { Facts } from "@/components/ui/page";
import { ScrollRegion } from "@/components/ui/scroll-region";
import { Time } from "@/components/ui/time/time";
import type { RunnerJob } from "@/contract/runner";

/** All that is known of an attempt: what it was launched as, and how it ended, whole. */
export function AttemptFacts({ job }: { job: RunnerJob }) {
  return (
    <details className="text-xs text-ink-2">
      <summary className="w-fit cursor-pointer rounded text-ink-3 hover:text-ink">Details</summary>
      <Facts
        className="mt-1"
        items={[
          ["Attempt", <Id key="a" id={job.attemptId} />],
          ["Job", <Id key="j" id={job.jobName} />],
          ["Image", job.image === "" ? "Unknown" : job.image],
          ["Commit", job.sourceCommit === "" ? "Unknown" : job.sourceCommit],
          ["Namespace", job.namespace],
          ["Service account", job.serviceAccountName ?? "none"],
          ["Updated", <Time key="u" at={job.updatedAt} />],
        ]}
      />
      {Object.keys(job.result).length > 0 && (
        <ScrollRegion label="Full result" className="mt-1 max-h-60 rounded-md border bg-code p-2">
          <pre className="wrap-anywhere whitespace-pre-wrap">{revealHidden(JSON.stringify(job.result, null, 2))}</pre>
        </ScrollRegion>
      )}
    </details>
  );
}
