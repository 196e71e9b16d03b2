import type { ReactNode } from "react";
import { useNowWhile } from "./clock";

/** What is counted from now, without all that stands around it; 0, and nothing is drawn again, while nothing goes on. */
export function Clocked({ isOn, children }: { isOn: boolean; children: (nowMs: number) => ReactNode }) {
  return children(useNowWhile(isOn));
}
