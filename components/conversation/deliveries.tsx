import type { Command } from "@/contract/command";
import { DeliveryState, deliveryOf } from "./user-message";

const NAMES: Record<string, string> = { turn: "Turn", steer: "Steer", interrupt: "Interrupt", approve: "Answer" };

/** How far each of the newest commands has come: those that say nothing, such as an interrupt, are seen here alone. */
export function Deliveries({ commands }: { commands: readonly Command[] }) {
  return (
    <ul aria-label="Delivery of commands" className="flex flex-wrap gap-x-4 gap-y-0.5 text-2xs text-ink-2">
      {commands.map((command) => (
        <li key={command.id} className="inline-flex items-center gap-1.5">
          {NAMES[command.type] ?? command.type}
          <DeliveryState delivery={deliveryOf(command, undefined)} />
        </li>
      ))}
    </ul>
  );
}
