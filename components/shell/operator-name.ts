import { showTricks } from "@/components/ui/hidden-text";

/** An operator as people know them, out of who the record says it was: `ann` of `operator:ann`. */
export function operatorName(actor: string): string {
  return showTricks(actor.replace(/^operator:/, ""));
}
