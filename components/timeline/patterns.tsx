import type { TimelineCause } from "@/contract/words";

/** Each cause has a colour and a pattern of its own, so that neither alone has to tell them apart. */
export const CAUSE_INK: Record<TimelineCause, string> = {
  runner: "var(--busy)",
  start: "var(--accent)",
  work: "var(--good)",
  person: "var(--warn)",
  silence: "var(--bad)",
  idle: "var(--ink-3)",
};
const CAUSE_GROUND: Record<TimelineCause, string> = {
  runner: "var(--busy-soft)",
  start: "var(--accent-soft)",
  work: "var(--good-soft)",
  person: "var(--warn-soft)",
  silence: "var(--bad-soft)",
  idle: "var(--hover)",
};
const LINES: Record<TimelineCause, string> = {
  runner: "M-1 7L7 -1M3 11L11 3",
  start: "M2 2h1.5M6 6h1.5",
  work: "",
  person: "M-1 7L7 -1M3 11L11 3M-1 1L7 9M3 -3L11 5",
  silence: "M0 2h8M0 6h8",
  idle: "M4 0v8",
};

export function causeFill(id: string, cause: TimelineCause): string {
  return `url(#${id}-${cause})`;
}

/** The patterns that `causeFill` names. */
export function CausePatterns({ id }: { id: string }) {
  return (
    <defs>
      {(Object.keys(LINES) as TimelineCause[]).map((cause) => (
        <pattern key={cause} id={`${id}-${cause}`} width="8" height="8" patternUnits="userSpaceOnUse">
          <rect width="8" height="8" fill={CAUSE_GROUND[cause]} />
          <path d={LINES[cause]} stroke={CAUSE_INK[cause]} strokeWidth="1.25" fill="none" />
        </pattern>
      ))}
    </defs>
  );
}

/** A cause as its stretches are drawn. */
export function CauseSwatch({ id, cause }: { id: string; cause: TimelineCause }) {
  return (
    <svg aria-hidden="true" width="18" height="12" className="shrink-0">
      <rect x="0.5" y="0.5" width="17" height="11" rx="2" fill={causeFill(id, cause)} stroke={CAUSE_INK[cause]} />
    </svg>
  );
}
