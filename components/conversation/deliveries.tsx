import { showTricks } from "@/components/ui/hidden-text";
import { State } from "@/components/ui/state";
import type { Command } from "@/contract/command";
import { deliveryOf } from "./user-message";

const NAMES: Record<string, string> = { turn: "Turn", steer: "Steer", interrupt: "Interrupt", approve: "Answer" };

/** How far each of the newest commands has come: those that say nothing, such as an interrupt, are seen here alone. */
export function Deliveries({ commands }: { commands: readonly Command[] }) {
  return (
    <ul aria-label="Delivery of commands" className="flex flex-wrap gap-x-4 gap-y-0.5 text-2xs text-ink-2">
      {commands.map((command) => {
        const delivery = deliveryOf(command, undefined);
        return (
          <li key={command.id} className="inline-flex items-center gap-1.5">
            {NAMES[command.type] ?? command.type}
            {delivery !== null && (
              <State
                isBare
                className="text-2xs"
                state={delivery.state}
                word={delivery.word}
                title={showTricks(delivery.detail) ?? undefined}
              />
            )}
          </li>
        );
      })}
    </ul>
  );
}
