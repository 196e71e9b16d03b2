"use client";
import { type ReactNode, useEffect, useRef, useState } from "react";

/** So near to the edge of what is seen a part is asked for. */
const MARGIN = "200px";

type WhenSeenProps = { /** As high as the part, so that nothing moves. */ room: string; children: ReactNode };

/** A part that is loaded once somebody comes near it; from then on it stays. */
export function WhenSeen({ room, children }: WhenSeenProps) {
  const place = useRef<HTMLDivElement>(null);
  const [isSeen, setIsSeen] = useState(false);
  useEffect(() => {
    if (place.current === null) return;
    const observer = new IntersectionObserver(
      (entries) => entries.some((entry) => entry.isIntersecting) && setIsSeen(true),
      {
        rootMargin: MARGIN,
      },
    );
    observer.observe(place.current);
    return () => observer.disconnect();
  }, []);
  return isSeen ? children : <div ref={place} className={room} />;
}
