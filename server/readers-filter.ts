import { InvalidInputError } from "./errors";

type ReaderFilter = { state?: string; unread?: boolean | null; readerId?: string };

/** Whether the rows of a list depend on its reader. */
export function isReadersOwn({ state, unread }: ReaderFilter): boolean {
  return state === "unread" || state === "needs-me" || (unread ?? null) !== null;
}

/** @throws InvalidInputError when a filter depends on a reader and `field` names none. */
export function assertReader(asked: ReaderFilter, field = "readerId"): void {
  if (asked.readerId === undefined && isReadersOwn(asked))
    throw new InvalidInputError(`${field}: what is unread needs a reader`);
}
