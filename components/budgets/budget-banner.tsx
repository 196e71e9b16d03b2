import { OctagonPause, TriangleAlert } from "lucide-react";
import { Button } from "@/components/ui/button";
import { Banner } from "@/components/ui/error/banner";
import { formatPlural } from "@/components/ui/format";
import { Countdown, Time } from "@/components/ui/time/time";
import type { Budget } from "@/contract/budget";
import type { BudgetDialog } from "./budget-dialogs";
import { useBudgetPermissions } from "./use-budget-permissions";

const ICON = "mt-px size-4 shrink-0";

type BudgetBannerProps = { budget: Budget; onShow: (dialog: BudgetDialog) => void };

/** What waits for a budget that is reached, and what to do about it; nothing where there is enough of it. */
export function BudgetBanner({ budget, onShow }: BudgetBannerProps) {
  const { canRaise } = useBudgetPermissions(budget.tenantId);
  const { state, action, current, reachedSessions } = budget;
  if (state !== "reached") return null;
  if (current === null)
    return (
      <Banner tone={action === "hold" ? "bad" : "warn"} icon={<OctagonPause aria-hidden className={ICON} />}>
        <b className="font-semibold">{formatPlural(reachedSessions, "session")} over the limit.</b>{" "}
        {action === "hold" ? "Model calls are blocked there and tasks wait. " : "Agents keep running there. "}
        {action === "hold" && (canRaise ? "Raise the limit for a session below." : "An operator can raise it.")}
      </Banner>
    );
  if (action === "tell")
    return (
      <Banner tone="warn" icon={<TriangleAlert aria-hidden className={ICON} />}>
        <b className="font-semibold">
          <Reached at={current.reachedAt} />; agents keep running.
        </b>{" "}
        Switch to Hold to block further calls.
      </Banner>
    );
  return (
    <Banner
      tone="bad"
      icon={<OctagonPause aria-hidden className={ICON} />}
      action={
        canRaise && (
          <Button size="sm" onClick={() => onShow(current)}>
            Raise…
          </Button>
        )
      }
    >
      <b className="font-semibold">
        <Reached at={current.reachedAt} />.
      </b>{" "}
      Model calls are blocked: running turns end with “budget reached”, and tasks wait. Work resumes when someone raises
      the limit or the period ends
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
  if (at === null) return "Limit reached";
  return (
    <>
      Limit reached <Time at={at} />
    </>
  );
}
