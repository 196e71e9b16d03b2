import { showTricks } from "@/components/ui/hidden-text";
import type { Session } from "@/contract/session";

/** What a session is called: its title, where it has one. */
export function nameOf(session: Pick<Session, "title">): string {
  return session.title === null || session.title.trim() === "" ? "Untitled session" : showTricks(session.title);
}
