import { GitCompareArrows } from "lucide-react";
import type { Runner } from "@/contract/runner";

const WORDS = {
  build: { word: "Other build", title: "Built from a different commit than the server" },
  protocol: { word: "Other version", title: "Uses a different version of the runner protocol than the server" },
} as const;

/** Says that a runner's build is not the server's. */
export function SkewBadge({ runner }: { runner: Pick<Runner, "skew"> }) {
  if (runner.skew === null) return null;
  const { word, title } = WORDS[runner.skew];
  return (
    <span
      title={title}
      className="inline-flex items-center gap-1 rounded-full bg-warn-soft px-1.5 py-px text-2xs font-medium whitespace-nowrap text-warn"
    >
      <GitCompareArrows aria-hidden className="size-3" /> {word}
    </span>
  );
}
