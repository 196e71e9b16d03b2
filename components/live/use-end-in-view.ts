import { useEffect, useRef, useState } from "react";

/** Whether the mark behind a list's last row is in sight, of `count` rows; says so each time that it is. */
export function useEndInView(count: number, onShown: () => void) {
  const ref = useRef<HTMLDivElement>(null);
  const [isShown, setIsShown] = useState(true);
  const latest = useRef(onShown);
  useEffect(() => {
    latest.current = onShown;
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: one more row moves the mark, or brings the first one.
  useEffect(() => {
    const { current } = ref;
    if (current === null) return setIsShown(true);
    const observer = new IntersectionObserver(([entry]) => {
      const isInSight = entry?.isIntersecting ?? true;
      setIsShown(isInSight);
      if (isInSight) latest.current();
    });
    observer.observe(current);
    return () => observer.disconnect();
  }, [count]);
  return { ref, isShown };
}
