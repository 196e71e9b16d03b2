import { usePageKeys } from "@/components/shell/page-keys";

export type TaskKeyActions = {
  move: (by: number) => void;
  /** To the next column, of a board. */
  aside?: (by: 1 | -1) => void;
  extend: (by: 1 | -1) => void;
  open: () => void;
  preview: () => void;
  toggle: () => void;
  chooseAll: () => void;
  prioritise: (by: number) => void;
  cancel: () => void;
  retry: () => void;
  change: () => void;
  lane: () => void;
  read: () => void;
  pauseLane: () => void;
  add: () => void;
};

const KEYS: [string, string, (actions: TaskKeyActions) => void][] = [
  ["j", "Next task", (actions) => actions.move(1)],
  ["k", "Previous task", (actions) => actions.move(-1)],
  ["J", "Extend selection down", (actions) => actions.extend(1)],
  ["K", "Extend selection up", (actions) => actions.extend(-1)],
  ["h", "Column to the left", (actions) => actions.aside?.(-1)],
  ["l", "Column to the right", (actions) => actions.aside?.(1)],
  ["d", "Ten tasks down", (actions) => actions.move(10)],
  ["b", "Ten tasks up", (actions) => actions.move(-10)],
  ["o", "Open task", (actions) => actions.open()],
  [" ", "Preview task", (actions) => actions.preview()],
  ["x", "Select task", (actions) => actions.toggle()],
  ["*", "Select shown, all matching, none", (actions) => actions.chooseAll()],
  ["u", "Mark as read", (actions) => actions.read()],
  ["+", "Raise priority", (actions) => actions.prioritise(1)],
  ["-", "Lower priority", (actions) => actions.prioritise(-1)],
  ["e", "Edit task", (actions) => actions.change()],
  ["m", "Move to another lane", (actions) => actions.lane()],
  ["c", "Cancel selected tasks", (actions) => actions.cancel()],
  ["r", "Retry selected tasks", (actions) => actions.retry()],
  ["p", "Pause or resume the lane", (actions) => actions.pauseLane()],
  ["n", "Add a task", (actions) => actions.add()],
];
/** What a person who may only look has no use for. */
const OPERATING = new Set(["J", "K", "x", "*", "+", "-", "e", "m", "c", "r", "p", "n"]);

const ASIDE = new Set(["h", "l"]);

/** The keys of a list of tasks, for as long as it is shown. */
export function useTaskKeys(actions: TaskKeyActions, canOperate: boolean): void {
  const keys = KEYS.filter(
    ([keys]) => (canOperate || !OPERATING.has(keys)) && (actions.aside !== undefined || !ASIDE.has(keys)),
  );
  usePageKeys(keys.map(([keys, name, act]) => ({ keys, name, run: () => act(actions) })));
}
