import type { RunEvent } from "@/contract/event";
import {
  changesIn,
  cutMark,
  type FileChange,
  isApplied,
  isCut,
  pathInWorkspace,
  pathsOf,
} from "@/contract/file-changes";
import { rewritePaths, toGitDiff } from "./git-diff";

/** What one turn changed. */
export type TurnPatch = {
  runId: string;
  turnId: string;
  /** What was asked; empty where no event says so. */
  asked: string;
  /** When the last of it was stored. */
  at: string;
  /**
   * As `git apply` takes it. Several where the turn has no diff of its own: git applies changes of the same file in one
   * patch wrongly.
   */
  patches: string[];
  /** Files whose diff was too long to be stored, so that the patches lack them. */
  omittedPaths: string[];
};

type OpenTurn = {
  turnId: string;
  asked: string;
  diff: string;
  /** What each applied patch changed, by its item. */
  steps: Map<string, FileChange[]>;
  last: RunEvent;
};

/** The events that turns are put together from. */
export const PATCH_EVENT_TYPES = ["file_change", "diff", "user_message"] as const;
/** How many characters of one run's open turns are held; what exceeds it counts as too long. */
const HELD_MAX = 16 * 1024 * 1024;

/**
 * Puts together what each turn of a run changed, in the order of its events. A turn's own diff tells all of it. Where
 * there is none, because the turn broke off, or where it is cut, the turn's single patches stand for it.
 */
export class TurnPatches {
  /** By thread and turn: a sub-agent's changes are in no diff. */
  readonly #open = new Map<string, OpenTurn>();
  #heldCount = 0;

  /** Takes the next event; returns the turns that it ends. */
  add(event: RunEvent): TurnPatch[] {
    const { payload } = event;
    const turnId = textOf(payload.turnId);
    const thread = textOf(payload.agentThreadId);
    const key = JSON.stringify([thread, turnId]);
    // A thread runs one turn after the other: the session's own agent has begun another one.
    const ended = thread === "" && !this.#open.has(key) ? this.end() : [];
    const turn = this.#open.get(key) ?? { turnId, asked: "", diff: "", steps: new Map(), last: event };
    this.#open.set(key, turn);
    turn.last = event;
    switch (event.type) {
      case "user_message":
        // What was said into a turn under way comes later.
        turn.asked ||= textOf(payload.text);
        return ended;
      case "diff":
        turn.diff = textOf(payload.diff) || textOf(payload.text);
        return [...ended, ...this.end()];
      default:
        // Reported when it begins and when it ends.
        if (isApplied(payload)) turn.steps.set(textOf(payload.itemId) || event.id, this.#hold(changesIn(payload)));
        return ended;
    }
  }

  /** Ends the turns that are open: no event of them follows. */
  end(): TurnPatch[] {
    const turns = [...this.#open.values()].map(toPatch);
    this.#open.clear();
    this.#heldCount = 0;
    return turns.filter(({ patches, omittedPaths }) => patches.length + omittedPaths.length > 0);
  }

  #hold(changes: FileChange[]): FileChange[] {
    return changes.map((change) => {
      this.#heldCount += change.diff.length;
      return this.#heldCount <= HELD_MAX ? change : { ...change, diff: cutMark(change.diff.length) };
    });
  }
}

function toPatch({ turnId, asked, diff, steps, last: { runId, createdAt: at } }: OpenTurn): TurnPatch {
  const turn = { runId, turnId, asked, at };
  const changes = [...steps.values()].flat();
  if (diff !== "" && !isCut(diff)) {
    const paths = pathsOf(changes);
    return { ...turn, patches: [rewritePaths(diff, (path) => pathInWorkspace(path, paths))], omittedPaths: [] };
  }
  const omittedPaths = changes.filter((change) => isCut(change.diff)).map(({ path }) => path);
  const patches = [...steps.values()].map((step) =>
    step
      .filter((change) => !isCut(change.diff))
      .map(toGitDiff)
      .join(""),
  );
  return { ...turn, patches: patches.filter((patch) => patch !== ""), omittedPaths: [...new Set(omittedPaths)] };
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
