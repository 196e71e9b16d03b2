import Link from "next/link";
import type { ReactNode } from "react";
import { docAddress } from "@/components/shell/addresses";
import { cn } from "@/components/ui/class-names";
import { revealHidden } from "@/components/ui/hidden-characters";
import { TONE_TEXT, type Tone } from "@/components/ui/state";
import { Countdown } from "@/components/ui/time/time";
import type { Why } from "./why";

const FRAME: Record<Tone, string> = {
  good: "border-good/40",
  busy: "border-busy/40",
  warn: "border-warn/50 bg-warn-soft/40",
  bad: "border-bad/40 bg-bad-soft",
  quiet: "bg-panel",
};

/** The rule that something is so by, who holds it up, what happens next by itself, and where that is written. */
export function WhyBox({ why, holder, more }: { why: Why; holder?: ReactNode; more?: ReactNode }) {
  return (
    <section aria-labelledby="why" className={cn("rounded-lg border p-4 text-sm", FRAME[why.tone])}>
      <h2 id="why" className={cn("font-semibold", why.tone === "quiet" ? "text-ink" : TONE_TEXT[why.tone])}>
        {revealHidden(why.title)}
      </h2>
      <dl className="mt-1.5 grid grid-cols-[auto_minmax(0,1fr)] gap-x-3 gap-y-1">
        <dt className="text-ink-3">Why</dt>
        <dd className="text-ink-2 wrap-anywhere">{revealHidden(why.rule)}</dd>
        {holder !== undefined && (
          <>
            <dt className="text-ink-3">Held by</dt>
            <dd className="text-ink-2">{holder}</dd>
          </>
        )}
        <dt className="text-ink-3">Next</dt>
        <dd className="text-ink-2">
          {why.next} {why.nextAt !== undefined && <Countdown to={why.nextAt} />}
        </dd>
      </dl>
      {why.message !== undefined && (
        <pre className="scroll-thin mt-2 max-h-60 overflow-y-auto text-xs wrap-anywhere whitespace-pre-wrap">
          {revealHidden(why.message)}
        </pre>
      )}
      <p className="mt-2 flex flex-wrap gap-x-4 text-xs leading-6">
        {more}
        <Link href={docAddress("runs", why.doc)} prefetch={false} className="leading-6 text-accent underline">
          Learn more
        </Link>
      </p>
    </section>
  );
}
