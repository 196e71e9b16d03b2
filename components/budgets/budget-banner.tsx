import { OctagonPause, TriangleAlert } from "lucide-react";
import { Banner } from "@/components/ui/banner";
import { Button } from "@/components/ui/button";
import { formatPlural } from "@/components/ui/format";
import { Countdown, Time } from "@/components/ui/time";
import type { Budget } from "@/contract/budget";
import type { BudgetDialog } from "./budget-dialogs";
import { useMay } from "./use-may";

const ICON = "mt-px size-4 shrink-0";

type BudgetBannerProps = { budget: Budget; onShow: (dialog: BudgetDialog) => void };

/** What waits for a budget that is reached, and what to do about it; nothing where there is enough of it. */
export function BudgetBanner({ budget, onShow }: BudgetBannerProps) {
  const { mayRaise } = useMay(budget.tenantId);
  const { state, action, current, reachedSessions } = budget;
  if (state !== "reached") return null;
  if (current === null)
    return (
      <Banner tone={action === "hold" ? "bad" : "warn"} icon={<OctagonPause aria-hidden className={ICON} />}>
        <b className="font-semibold">{formatPlural(reachedSessions, "session")} reached it.</b>{" "}
        {action === "hold" ? "Models are asked no more there, and tasks for it wait. " : "All goes on there. "}
        {action === "hold" && (mayRaise ? "Raise it for each that is to go on, below." : "An operator may raise it.")}
      </Banner>
    );
  if (action === "tell")
    return (
      <Banner tone="warn" icon={<TriangleAlert aria-hidden className={ICON} />}>
        <b className="font-semibold">
          <Reached at={current.reachedAt} />, and all goes on.
        </b>{" "}
        “Hold” would have models asked no more.
      </Banner>
    );
  return (
    <Banner
      tone="bad"
      icon={<OctagonPause aria-hidden className={ICON} />}
      action={
        mayRaise && (
          <Button size="sm" onClick={() => onShow(current)}>
            Raise…
          </Button>
        )
      }
    >
      <b className="font-semibold">
        <Reached at={current.reachedAt} />.
      </b>{" "}
      Models are asked no more by what counts towards it: turns under way end with “budget reached”, and tasks wait.
      They go on by themselves once somebody raises it, or its period ends
      {current.endsAt !== null && (
        <>
          {" "}
          (<Countdown to={current.endsAt} />)
        </>
      )}
      .
    </Banner>
  );
}

function Reached({ at }: { at: string | null }) {
  if (at === null) return "It is reached";
  return (
    <>
      It was reached <Time at={at} />
    </>
  );
}
