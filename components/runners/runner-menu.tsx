"use client";
import { useRouter } from "next/navigation";
import { usePeekOpener } from "@/components/peek/peek-space";
import { auditAddress, runAddress, sessionAddress } from "@/components/shell/addresses";
import { useCanOperate } from "@/components/shell/identity";
import { copyText } from "@/components/ui/copy";
import { copyCurl } from "@/components/ui/curl/curl";
import { shortenId } from "@/components/ui/format";
import { ActionsMenu } from "@/components/ui/menu/actions-menu";
import { MenuItem, MenuSeparator } from "@/components/ui/menu/menu";
import type { Runner } from "@/contract/runner";
import { RUNNER_ACTIONS, type RunnerAction } from "@/contract/words";
import { useRunnerActions } from "./use-runner-actions";

export const ACTION_NAMES: Record<RunnerAction, string> = {
  drain: "Drain…",
  resume: "Resume",
  revoke: "Revoke token…",
  kill: "Kill…",
};

/** A runner's actions, behind one button. What makes no sense now says why. */
export function RunnerMenu({ runner }: { runner: Runner }) {
  const router = useRouter();
  const canOperate = useCanOperate();
  const openPeek = usePeekOpener();
  const { run: runAction, dialog } = useRunnerActions(runner);
  const { id, runId, run } = runner;
  const sessionId = run?.sessionId ?? null;
  return (
    <>
      <ActionsMenu label={`Actions on ${shortenId(id)}`}>
        {openPeek !== null && <MenuItem onSelect={() => openPeek(id)}>Preview</MenuItem>}
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
              <RunnerActionItem
                key={action}
                action={action}
                refusal={runner.refusals[action]}
                onSelect={() => runAction(action)}
              />
            ))}
          </>
        )}
      </ActionsMenu>
      {dialog}
    </>
  );
}

type RunnerActionItemProps = { action: RunnerAction; refusal: string | null; onSelect: () => void };

function RunnerActionItem({ action, refusal, onSelect }: RunnerActionItemProps) {
  // Taking back what nobody ordered is nothing to offer.
  if (action === "resume" && refusal !== null) return null;
  return (
    <MenuItem isDanger={action !== "resume"} isDisabled={refusal !== null} onSelect={onSelect}>
      <span className="flex max-w-64 flex-col">
        {ACTION_NAMES[action]}
        {refusal !== null && <span className="text-2xs text-ink-3">{refusal}</span>}
      </span>
    </MenuItem>
  );
}

/** The calls of the API that show a runner, and that give it its orders. */
export function RunnerCurls({ runner }: { runner: Runner }) {
  const canOperate = useCanOperate();
  const path = `/runners/${encodeURIComponent(runner.id)}`;
  const allowedActions = canOperate ? RUNNER_ACTIONS.filter((action) => runner.refusals[action] === null) : [];
  return (
    <>
      <MenuItem onSelect={() => void copyCurl({ path })}>Copy as curl</MenuItem>
      {allowedActions.map((action) => (
        <MenuItem key={action} onSelect={() => void copyCurl({ method: "POST", path: `${path}/${action}`, body: {} })}>
          Copy “{action}” as curl
        </MenuItem>
      ))}
    </>
  );
}
