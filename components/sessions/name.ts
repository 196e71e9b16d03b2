import { revealHidden } from "@/components/ui/hidden-characters";
import type { Session } from "@/contract/session";

/** What a session is called: its title, where it has one. */
export function nameOf(session: Pick<Session, "title">): string {
  return session.title === null || session.title.trim() === "" ? "Untitled session" : revealHidden(session.title);
}
