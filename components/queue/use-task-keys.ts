import { usePageKeys } from "@/components/shell/page-keys";

export type TaskActs = {
  move: (by: number) => void;
  /** To the next column, of a board. */
  aside?: (by: 1 | -1) => void;
  extend: (by: 1 | -1) => void;
  open: () => void;
  look: () => void;
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

const KEYS: [string, string, (acts: TaskActs) => void][] = [
  ["j", "Next task", (acts) => acts.move(1)],
  ["k", "Previous task", (acts) => acts.move(-1)],
  ["J", "Extend selection down", (acts) => acts.extend(1)],
  ["K", "Extend selection up", (acts) => acts.extend(-1)],
  ["h", "Column to the left", (acts) => acts.aside?.(-1)],
  ["l", "Column to the right", (acts) => acts.aside?.(1)],
  ["d", "Ten tasks down", (acts) => acts.move(10)],
  ["b", "Ten tasks up", (acts) => acts.move(-10)],
  ["o", "Open task", (acts) => acts.open()],
  [" ", "Preview task", (acts) => acts.look()],
  ["x", "Select task", (acts) => acts.toggle()],
  ["*", "Select shown, all matching, none", (acts) => acts.chooseAll()],
  ["u", "Mark as read", (acts) => acts.read()],
  ["+", "Raise priority", (acts) => acts.prioritise(1)],
  ["-", "Lower priority", (acts) => acts.prioritise(-1)],
  ["e", "Edit task", (acts) => acts.change()],
  ["m", "Move to another lane", (acts) => acts.lane()],
  ["c", "Cancel selected tasks", (acts) => acts.cancel()],
  ["r", "Retry selected tasks", (acts) => acts.retry()],
  ["p", "Pause or resume the lane", (acts) => acts.pauseLane()],
  ["n", "Add a task", (acts) => acts.add()],
];
/** What a person who may only look has no use for. */
const OPERATING = new Set(["J", "K", "x", "*", "+", "-", "e", "m", "c", "r", "p", "n"]);

const ASIDE = new Set(["h", "l"]);

/** The keys of a list of tasks, for as long as it is shown. */
export function useTaskKeys(acts: TaskActs, canOperate: boolean): void {
  const keys = KEYS.filter(
    ([keys]) => (canOperate || !OPERATING.has(keys)) && (acts.aside !== undefined || !ASIDE.has(keys)),
  );
  usePageKeys(keys.map(([keys, name, act]) => ({ keys, name, run: () => act(acts) })));
}
