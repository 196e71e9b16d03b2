"use client";
import { cn } from "@/components/ui/class-names";
import { useHydratedNow } from "@/components/ui/time/clock";
import type { Runner } from "@/contract/runner";
import { BEATS_KEPT } from "@/contract/words";
import { describeHeartbeats, HEARTBEAT_KINDS, type HeartbeatKind, heartbeatKinds } from "./heartbeats";

const HEIGHT = 12;
/** Told apart by height too: a beat in time stands tall, one after a gap lies low. */
const BAR_STYLES: Record<HeartbeatKind, { height: number; className: string }> = {
  "in-time": { height: 12, className: "fill-good" },
  late: { height: 8, className: "fill-warn" },
  gap: { height: 4, className: "fill-bad" },
  due: { height: 1.5, className: "fill-ink-3" },
};

/** The last 60 beats of a runner side by side, the newest on the right. */
export function HeartbeatStrip({ runner, className }: { runner: Runner; className?: string }) {
  const nowMs = useHydratedNow();
  const heartbeats = heartbeatKinds(runner, runner.state === "ended" ? null : nowMs).slice(-BEATS_KEPT);
  const first = BEATS_KEPT - heartbeats.length;
  return (
    <svg
      role="img"
      aria-label={describeHeartbeats(runner)}
      viewBox={`0 0 ${BEATS_KEPT * 2} ${HEIGHT}`}
      preserveAspectRatio="none"
      className={cn("h-3 w-30 shrink-0", className)}
    >
      <rect width={BEATS_KEPT * 2} y={HEIGHT - 0.5} height={0.5} className="fill-line-strong" />
      {HEARTBEAT_KINDS.map((kind) => {
        const { height, className: fill } = BAR_STYLES[kind];
        const bars = heartbeats.flatMap((heartbeat, index) =>
          heartbeat === kind ? [`M${(first + index) * 2} ${HEIGHT}v-${height}h1.4v${height}z`] : [],
        );
        return bars.length === 0 ? null : <path key={kind} d={bars.join("")} className={fill} />;
      })}
    </svg>
  );
}
