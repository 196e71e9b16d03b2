import { InvalidInputError } from "./errors";

type Asked = { state?: string; unread?: boolean | null; readerId?: string };

/** Whether it depends on who reads a list what it holds. */
export function isReadersOwn({ state, unread }: Asked): boolean {
  return state === "unread" || state === "needs-me" || (unread ?? null) !== null;
}

/** @throws InvalidInputError for what depends on a reader and names none in `field`. */
export function assertReader(asked: Asked, field = "readerId"): void {
  if (asked.readerId === undefined && isReadersOwn(asked))
    throw new InvalidInputError(`${field}: what is unread needs a reader`);
}
