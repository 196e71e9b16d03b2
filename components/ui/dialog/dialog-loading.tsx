"use client";
import { useLayoutEffect } from "react";
import { holdKeys } from "@/components/ui/key-hold";

/** In the place of a dialog whose script is still to come: what is typed meanwhile is the dialog's, not the page's. */
export function DialogLoading(): null {
  useLayoutEffect(() => holdKeys(() => {}), []);
  return null;
}
