import type { DraftEvent } from "./event-batch";
import type { ThreadItem } from "./protocol/codex";
import type { CommandCall } from "./rollout-calls";
import { clip } from "./tool-items";

/** Characters kept of the output of each command that failed: a refusal is short, and a turn may have many commands. */
const OUTPUT_MAX = 16 * 1024;

/** The commands of one turn: those that codex reported as they ended, and those that it only wrote to the rollout. */
export class TurnCommands {
  /** By item; undefined for items that are not commands. */
  private readonly reportedCalls = new Map<string, CommandCall | undefined>();

  /** All commands of the turn that have ended. */
  get calls(): CommandCall[] {
    return [...this.reportedCalls.values()].filter((call) => call !== undefined);
  }

  record(item: ThreadItem, liveText: string): void {
    this.reportedCalls.set(item.id, toCommandCall(item, liveText));
  }

  /** Adds the commands from the rollout. Returns events for those that codex had not reported. */
  addFromRollout(turnId: string, cwd: string, calls: CommandCall[]): DraftEvent[] {
    const unreported = calls.filter(({ itemId }) => !this.reportedCalls.has(itemId));
    return unreported.flatMap((call) => {
      const { itemId, command, exitCode, output } = call;
      this.reportedCalls.set(itemId, { ...call, output: truncateOutput(output) });
      const status = exitCode === 0 ? "completed" : "failed";
      const end = { itemId, turnId, command, cwd, status, exitCode: exitCode ?? undefined };
      return [
        { type: "command_output" as const, payload: { itemId, turnId, text: clip(output) } },
        { type: "command_execution" as const, payload: end },
      ];
    });
  }

  clear(): void {
    this.reportedCalls.clear();
  }
}

/** A patch counts as a command where it was accepted; an item does not say why a patch was not. */
function toCommandCall(item: ThreadItem, liveText: string): CommandCall | undefined {
  const { id: itemId } = item;
  if (item.type === "fileChange" && item.status === "completed")
    return { itemId, command: "apply_patch", exitCode: 0, output: "" };
  if (item.type !== "commandExecution" || item.status === "declined") return undefined;
  const exitCode = item.exitCode ?? null;
  // The output is needed only to look for refusals, and is kept until the turn ends.
  const output = exitCode === 0 ? "" : truncateOutput(item.aggregatedOutput ?? liveText);
  return { itemId, command: item.command, exitCode, output };
}

/** Copies the two ends of an output: a part of a string would keep the whole of it in memory. */
function truncateOutput(output: string): string {
  return Buffer.from(clip(output, OUTPUT_MAX)).toString();
}
