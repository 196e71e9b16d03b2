import { ChevronLeft, ChevronRight } from "lucide-react";
import { cn } from "@/components/ui/class-names";
import { sentence } from "@/components/ui/format";
import { stateStyle, TONE_SOFT } from "@/components/ui/state";
import type { StorageState } from "@/contract/words";
import { LIFECYCLE } from "./explain";

/** How a volume goes and comes back, with where it stands now. */
export function Lifecycle({ state }: { state: StorageState }) {
  const start: StorageState = state === "creating" ? state : "live";
  const [, ...later] = LIFECYCLE;
  return (
    <div className="mx-auto w-full max-w-2xl">
      <ol aria-label="Lifecycle" className="grid grid-cols-4">
        {[start, ...later].map((step, index) => (
          <li
            key={step}
            aria-current={step === state ? "step" : undefined}
            className={cn(
              "relative flex justify-center",
              // The line to the step after this one, from one middle to the next.
              index < later.length &&
                "before:absolute before:top-1/2 before:left-1/2 before:w-full before:border-t before:border-line-strong",
            )}
          >
            {index < later.length && (
              <ChevronRight
                aria-hidden
                className="absolute top-1/2 left-full size-4 -translate-x-1/2 -translate-y-1/2 bg-panel text-ink-3"
              />
            )}
            <Step state={step} isHere={step === state} />
          </li>
        ))}
      </ol>
      <ol aria-label="The way back" className="grid grid-cols-4 pt-0">
        <li
          aria-current={state === "restoring" ? "step" : undefined}
          className="relative col-span-4 flex justify-center pt-3"
        >
          <span
            aria-hidden
            className="absolute top-0 right-[12.5%] bottom-[calc(50%-0.375rem)] left-[12.5%] rounded-b-lg border-x border-b border-dashed border-line-strong"
          />
          {["left-1/4", "left-3/4"].map((offsetClass) => (
            <ChevronLeft
              key={offsetClass}
              aria-hidden
              className={cn(
                "absolute top-[calc(50%+0.375rem)] size-4 -translate-x-1/2 -translate-y-1/2 bg-panel text-ink-3",
                offsetClass,
              )}
            />
          ))}
          <Step state="restoring" isHere={state === "restoring"} />
        </li>
      </ol>
    </div>
  );
}

function Step({ state, isHere }: { state: StorageState; isHere: boolean }) {
  const { icon: Icon, tone } = stateStyle(state);
  return (
    <span
      className={cn(
        "relative z-10 flex items-center gap-1 rounded-full border px-2 py-1 text-2xs font-medium max-sm:flex-col max-sm:gap-0 max-sm:rounded-lg sm:px-2.5 sm:text-xs",
        isHere ? cn(TONE_SOFT[tone], "border-current ring-2 ring-current/20") : "border-line bg-panel text-ink-3",
      )}
    >
      <Icon aria-hidden className="size-3.5" />
      {sentence(state)}
      {isHere && <span className="sr-only"> (now)</span>}
    </span>
  );
}
