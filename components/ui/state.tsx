import {
  Ban,
  CheckCircle2,
  CircleDashed,
  CircleDot,
  CircleHelp,
  Clock,
  Hand,
  Loader,
  type LucideIcon,
  Moon,
  OctagonPause,
  OctagonX,
  TriangleAlert,
} from "lucide-react";
import { cn } from "./class-names";
import { sentence } from "./format";
import { revealHidden } from "./hidden-characters";
import { Why } from "./why";

export const TONES = ["good", "busy", "warn", "bad", "quiet"] as const;
export type Tone = (typeof TONES)[number];

export const TONE_TEXT: Record<Tone, string> = {
  good: "text-good",
  busy: "text-busy",
  warn: "text-warn",
  bad: "text-bad",
  quiet: "text-ink-3",
};
export const TONE_SOFT: Record<Tone, string> = {
  good: "bg-good-soft text-good",
  busy: "bg-busy-soft text-busy",
  warn: "bg-warn-soft text-warn",
  bad: "bg-bad-soft text-bad",
  quiet: "bg-hover text-ink-2",
};

type StateStyle = { tone: Tone; icon: LucideIcon; isSpinning?: boolean };

/** Every status word of the contract. State is always an icon and a word, never a colour alone. */
const STATE_STYLES: Record<string, StateStyle> = {
  idle: { tone: "quiet", icon: Moon },
  ready: { tone: "good", icon: CheckCircle2 },
  running: { tone: "busy", icon: Loader, isSpinning: true },
  busy: { tone: "busy", icon: Loader, isSpinning: true },
  claimed: { tone: "busy", icon: Loader, isSpinning: true },
  acknowledged: { tone: "busy", icon: Loader, isSpinning: true },
  inProgress: { tone: "busy", icon: Loader, isSpinning: true },
  launching: { tone: "busy", icon: CircleDashed },
  dispatched: { tone: "busy", icon: CircleDot },
  pending: { tone: "quiet", icon: Clock },
  waiting: { tone: "quiet", icon: Clock },
  "needs approval": { tone: "warn", icon: Hand },
  cancelling: { tone: "warn", icon: Ban },
  completed: { tone: "good", icon: CheckCircle2 },
  decided: { tone: "busy", icon: CircleDot },
  applied: { tone: "good", icon: CheckCircle2 },
  delivered: { tone: "good", icon: CheckCircle2 },
  failed: { tone: "bad", icon: OctagonX },
  declined: { tone: "quiet", icon: Ban },
  cancelled: { tone: "quiet", icon: Ban },
  "cut off": { tone: "warn", icon: TriangleAlert },
  interrupted: { tone: "quiet", icon: Ban },
  superseded: { tone: "quiet", icon: Ban },
  ambiguous: { tone: "warn", icon: TriangleAlert },
  ended: { tone: "quiet", icon: CheckCircle2 },
  held: { tone: "good", icon: CircleDot },
  expired: { tone: "warn", icon: TriangleAlert },
  fencing: { tone: "warn", icon: TriangleAlert },
  none: { tone: "quiet", icon: CircleDashed },
  live: { tone: "good", icon: CircleDot },
  creating: { tone: "busy", icon: CircleDashed },
  archiving: { tone: "busy", icon: CircleDashed },
  deleting: { tone: "warn", icon: CircleDashed },
  restoring: { tone: "busy", icon: CircleDashed },
  evicted: { tone: "quiet", icon: Moon },
  lost: { tone: "bad", icon: TriangleAlert },
  late: { tone: "warn", icon: Clock },
  silent: { tone: "warn", icon: Clock },
  parked: { tone: "warn", icon: Hand },
  open: { tone: "good", icon: CircleDot },
  paused: { tone: "warn", icon: OctagonPause },
  draining: { tone: "busy", icon: CircleDashed },
  within: { tone: "good", icon: CheckCircle2 },
  near: { tone: "warn", icon: TriangleAlert },
  reached: { tone: "bad", icon: OctagonPause },
};

export function stateStyle(state: string): StateStyle {
  return STATE_STYLES[state] ?? { tone: "quiet", icon: CircleHelp };
}

type StateProps = {
  state: string;
  word?: string;
  tone?: Tone;
  className?: string;
  isIconless?: boolean;
  title?: string;
  /** Why it is so, where it does not stand beside it: it can be asked for then. */
  why?: string | null;
};

/** A status: its icon and its word, which begins with a capital. */
export function State({ state, word, tone, className, isIconless, title, why }: StateProps) {
  const stateLook = stateStyle(state);
  const Icon = stateLook.icon;
  const shownTone = tone ?? stateLook.tone;
  const style = cn(
    "inline-flex items-center gap-1 text-xs font-medium whitespace-nowrap",
    isIconless ? TONE_TEXT[shownTone] : cn("rounded-full px-2 py-0.5", TONE_SOFT[shownTone]),
    className,
  );
  const shown = (
    <>
      <Icon
        aria-hidden
        className={cn("size-3.5 shrink-0", stateLook.isSpinning && "animate-[spin_2s_linear_infinite]")}
      />
      {sentence(word ?? state)}
    </>
  );
  if (why !== undefined && why !== null && why !== "")
    return (
      <Why why={revealHidden(why)} className={style}>
        {shown}
      </Why>
    );
  return (
    <span title={title} className={style}>
      {shown}
    </span>
  );
}
