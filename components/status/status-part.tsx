import type { ReactNode } from "react";
import { State, type Tone } from "@/components/ui/state";

const ICONS: Record<Tone, string> = { good: "ready", bad: "failed", warn: "expired", busy: "running", quiet: "none" };

type PartProps = { name: string; tone: Tone; word: string; children: ReactNode; action?: ReactNode };

/** One part as its name, its state as an icon and a word, and what that means. */
export function Part({ name, tone, word, children, action }: PartProps) {
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-1 px-4 py-3 lg:px-6">
      <dt className="w-28 text-sm font-medium">{name}</dt>
      <dd className="flex min-w-0 flex-1 flex-wrap items-center gap-x-4 gap-y-1 max-sm:basis-full">
        <span className="w-32 shrink-0">
          <State state={ICONS[tone]} tone={tone} word={word} />
        </span>
        <span className="min-w-0 flex-1 text-sm wrap-anywhere text-ink-2 max-sm:basis-full">{children}</span>
        {action}
      </dd>
    </div>
  );
}
