import type { SideName } from "./pairs";

export const SIDE_NAMES: Record<SideName, string> = { left: "Left", right: "Right" };

/** Which of the two something is of: a word and a sign, where there is no place for a name. */
export function SideMark({ side }: { side: SideName }) {
  return (
    <span className="inline-flex items-center gap-1 text-2xs font-medium text-ink-3">
      <span aria-hidden>{side === "left" ? "◧" : "◨"}</span>
      {SIDE_NAMES[side]}
    </span>
  );
}
