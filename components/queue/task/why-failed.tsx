import { revealHidden } from "@/components/ui/hidden-characters";
import { failureWords } from "@/contract/failure-words";
import type { QueueTask } from "@/contract/queue";
import { deadLetterWords } from "./explain";

/** What ended a task's last attempt, in its own words, and why no other follows. */
export function WhyFailed({ task }: { task: QueueTask }) {
  return (
    <section className="rounded-lg border border-bad/40 bg-bad-soft p-4 text-sm">
      <h2 className="font-semibold text-bad">Why it failed: {revealHidden(failureWords(task.failureKind))}</h2>
      {task.deadLetter !== null && <p className="mt-1 text-ink-2">{revealHidden(deadLetterWords(task.deadLetter))}</p>}
      {task.failureMessage !== null && (
        <pre className="mt-2 text-xs wrap-anywhere whitespace-pre-wrap">{revealHidden(task.failureMessage)}</pre>
      )}
    </section>
  );
}
