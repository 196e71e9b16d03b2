import { revealHidden } from "@/components/ui/hidden-characters";

/** An operator as people know them, out of who the record says it was: `ann` of `operator:ann`. */
export function operatorName(actor: string): string {
  return revealHidden(actor.replace(/^operator:/, ""));
}
