import { isWaiting } from "@/components/sessions/use-session";
import { cn } from "@/components/ui/class-names";
import type { Command } from "@/contract/command";
import { DeliveryState, deliveryOf } from "./user-message";

const KIND_NAMES: Record<string, string> = { turn: "Turn", steer: "Steer", interrupt: "Interrupt", approve: "Answer" };

/** Room for one line, kept while there is nothing to say: what is below, and about to be pressed, stays put. */
const LINE = "-mt-2 -mb-1 min-h-4";

/** The commands that wait or are under way: those that say nothing, such as an interrupt, are seen here alone. */
export function Deliveries({ commands }: { commands: readonly Command[] }) {
  const open = commands.filter(isWaiting);
  if (open.length === 0) return <div aria-hidden className={LINE} />;
  return (
    <ul aria-label="Queued and running" className={cn("flex flex-wrap gap-x-4 gap-y-0.5 text-2xs text-ink-2", LINE)}>
      {open.map((command) => (
        <li key={command.id} className="inline-flex items-center gap-1.5">
          {KIND_NAMES[command.type] ?? command.type}
          <DeliveryState delivery={deliveryOf(command, undefined)} />
        </li>
      ))}
    </ul>
  );
}
