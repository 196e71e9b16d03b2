/** Types only: what the console and the runner may know of the server. */
export type { AppRouter } from "./root";
