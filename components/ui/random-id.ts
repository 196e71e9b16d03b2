import { uuidv4 } from "uuidv7";

/** An id that nobody guesses. `crypto.randomUUID` is not there where the console is reached by plain HTTP. */
export function randomId(): string {
  return uuidv4();
}
