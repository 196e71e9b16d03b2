"use client";
import { useEffect } from "react";

/** Marks the page as ready for clicks: what is clicked before hydration would be lost. */
export function Hydrated() {
  useEffect(() => {
    document.documentElement.dataset.hydrated = "true";
  }, []);
  return null;
}
