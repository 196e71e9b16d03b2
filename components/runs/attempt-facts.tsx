import { showTricks } from "@/components/ui/hidden-text";
import { Facts } from "@/components/ui/page";
import { ScrollRegion } from "@/components/ui/scroll-region";
import { Time } from "@/components/ui/time";
import type { RunnerJob } from "@/contract/runner";

/** All that is known of an attempt: what it was launched as, and how it ended, whole. */
export function AttemptFacts({ job }: { job: RunnerJob }) {
  return (
    <details className="text-xs text-ink-2">
      <summary className="w-fit cursor-pointer rounded text-ink-3 hover:text-ink">All of it</summary>
      <Facts
        className="mt-1"
        items={[
          ["Image", job.image === "" ? "not told" : job.image],
          ["Commit", job.sourceCommit === "" ? "not told" : job.sourceCommit],
          ["Namespace", job.namespace],
          ["Account", job.serviceAccountName ?? "none"],
          ["Changed", <Time key="u" at={job.updatedAt} />],
        ]}
      />
      {Object.keys(job.result).length > 0 && (
        <ScrollRegion label="Outcome, whole" className="mt-1 max-h-60 rounded-md border bg-code p-2">
          <pre className="wrap-anywhere whitespace-pre-wrap">{showTricks(JSON.stringify(job.result, null, 2))}</pre>
        </ScrollRegion>
      )}
    </details>
  );
}
