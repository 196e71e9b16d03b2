"use client";
import { useRouter } from "next/navigation";
import { usePeekOpener } from "@/components/peek/peek-space";
import { auditAddress, runAddress, sessionAddress } from "@/components/shell/addresses";
import { useCanOperate } from "@/components/shell/identity";
import { ActsMenu } from "@/components/ui/acts-menu";
import { copyText } from "@/components/ui/copy";
import { copyCurl } from "@/components/ui/curl";
import { shortenId } from "@/components/ui/format";
import { MenuItem, MenuSeparator } from "@/components/ui/menu";
import type { Runner } from "@/contract/runner";
import { RUNNER_ACTIONS, type RunnerAction } from "@/contract/words";
import { useRunnerOrders } from "./use-runner-orders";

export const ORDER_NAMES: Record<RunnerAction, string> = {
  drain: "Drain…",
  resume: "Resume",
  revoke: "Revoke token…",
  kill: "Kill…",
};

/** A runner's actions, behind one button. What makes no sense now says why. */
export function RunnerMenu({ runner }: { runner: Runner }) {
  const router = useRouter();
  const canOperate = useCanOperate();
  const look = usePeekOpener();
  const { give, dialog } = useRunnerOrders(runner);
  const { id, runId, run } = runner;
  const sessionId = run?.sessionId ?? null;
  return (
    <>
      <ActsMenu label={`Actions on ${shortenId(id)}`}>
        {look !== null && <MenuItem onSelect={() => look(id)}>Preview</MenuItem>}
        {runId !== null && <MenuItem onSelect={() => router.push(runAddress(runId))}>Open run</MenuItem>}
        {sessionId !== null && (
          <MenuItem onSelect={() => router.push(sessionAddress(sessionId))}>Open session</MenuItem>
        )}
        <MenuItem onSelect={() => router.push(auditAddress(id))}>Open audit log</MenuItem>
        <MenuItem onSelect={() => void copyText(id)}>Copy ID</MenuItem>
        <RunnerCurls runner={runner} />
        {canOperate && (
          <>
            <MenuSeparator />
            {RUNNER_ACTIONS.map((action) => (
              <OrderItem key={action} action={action} refusal={runner.refusals[action]} onSelect={() => give(action)} />
            ))}
          </>
        )}
      </ActsMenu>
      {dialog}
    </>
  );
}

type OrderItemProps = { action: RunnerAction; refusal: string | null; onSelect: () => void };

function OrderItem({ action, refusal, onSelect }: OrderItemProps) {
  // Taking back what nobody ordered is nothing to offer.
  if (action === "resume" && refusal !== null) return null;
  return (
    <MenuItem isDanger={action !== "resume"} isDisabled={refusal !== null} onSelect={onSelect}>
      <span className="flex max-w-64 flex-col">
        {ORDER_NAMES[action]}
        {refusal !== null && <span className="text-2xs text-ink-3">{refusal}</span>}
      </span>
    </MenuItem>
  );
}

/** The calls of the API that show a runner, and that give it its orders. */
export function RunnerCurls({ runner }: { runner: Runner }) {
  const canOperate = useCanOperate();
  const path = `/runners/${encodeURIComponent(runner.id)}`;
  const orders = canOperate ? RUNNER_ACTIONS.filter((action) => runner.refusals[action] === null) : [];
  return (
    <>
      <MenuItem onSelect={() => void copyCurl({ path })}>Copy as curl</MenuItem>
      {orders.map((action) => (
        <MenuItem key={action} onSelect={() => void copyCurl({ method: "POST", path: `${path}/${action}`, body: {} })}>
          Copy “{action}” as curl
        </MenuItem>
      ))}
    </>
  );
}
