import { useEffect, useRef } from "react";

/** Calls the latest `run` once for all that is asked for within a while. */
export function useGathered(waitMs: number, run: () => unknown): () => void {
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const latest = useRef(run);
  useEffect(() => {
    latest.current = run;
  });
  useEffect(
    () => () => {
      clearTimeout(timer.current);
      timer.current = undefined;
    },
    [],
  );
  return () => {
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      void latest.current();
    }, waitMs);
  };
}
