import { createContext } from "react";
import type { TimeAxis } from "./crosshair";

/** Takes a part of the time that charts go over, as somebody chose it in one of them; null where none is chosen. */
export const BrushContext = createContext<((range: TimeAxis) => void) | null>(null);
