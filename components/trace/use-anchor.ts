"use client";
import { useCallback, useEffect, useState } from "react";

/** The events that are open, and the one that the address names as `#e12`. */
export function useAnchor(): {
  openSeqs: ReadonlySet<number>;
  toggle: (seq: number) => void;
  target: number | null;
  goTo: (seq: number) => void;
  /** Names no event any more. */
  clearTarget: () => void;
} {
  const [openSeqs, setOpenSeqs] = useState<ReadonlySet<number>>(new Set());
  const [target, setTarget] = useState<number | null>(null);

  useEffect(() => {
    const read = () => {
      const [, seq] = /^#e(\d+)$/.exec(window.location.hash) ?? [];
      if (seq === undefined) return;
      setTarget(Number(seq));
      setOpenSeqs((open) => new Set([...open, Number(seq)]));
    };
    read();
    window.addEventListener("hashchange", read);
    return () => window.removeEventListener("hashchange", read);
  }, []);

  const goTo = useCallback((seq: number) => {
    window.history.replaceState(window.history.state, "", `#e${seq}`);
    setTarget(seq);
    setOpenSeqs((open) => new Set([...open, seq]));
  }, []);

  const clearTarget = useCallback(() => {
    window.history.replaceState(window.history.state, "", `${window.location.pathname}${window.location.search}`);
    setTarget(null);
  }, []);

  const toggle = useCallback((seq: number) => {
    setOpenSeqs((open) => {
      const next = new Set(open);
      if (!next.delete(seq)) next.add(seq);
      return next;
    });
  }, []);
  return { openSeqs, toggle, target, goTo, clearTarget };
}
