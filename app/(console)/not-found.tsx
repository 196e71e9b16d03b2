import { NothingHere } from "@/components/shell/nothing-here";

/** Within the console, whose shell has the page's `main` already. */
export default function NotFound() {
  return <NothingHere />;
}
