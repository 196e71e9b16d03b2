"use client";
import dynamic from "next/dynamic";
import { type ReactNode, useRef, useState } from "react";
import { cn } from "./class-names";
import { revealHidden } from "./hidden-characters";

// Every list has what is asked about; few ask.
const WhyBox = dynamic(() => import("./why-box").then((module) => module.WhyBox), { ssr: false });

type WhyProps = { why: string; className?: string; children: ReactNode };
/** By a pointer that rests on it, or by a press or the focus, after which it stays. */
type Shown = "hovered" | "held";

/**
 * What says why it is so: under a pointer, at the focus, and by a press or a touch. Whoever reads by ear hears it with the
 * word, without opening anything.
 */
export function Why({ why, className, children }: WhyProps) {
  const button = useRef<HTMLButtonElement>(null);
  const [shown, setShown] = useState<Shown | null>(null);
  return (
    <>
      <button
        ref={button}
        type="button"
        aria-description={revealHidden(why)}
        aria-expanded={shown !== null}
        className={cn("relative z-10 min-h-6 cursor-help", className)}
        onPointerEnter={({ pointerType }) => pointerType === "mouse" && setShown((now) => now ?? "hovered")}
        onPointerLeave={() => setShown((now) => (now === "hovered" ? null : now))}
        onFocus={({ currentTarget }) => currentTarget.matches(":focus-visible") && setShown("held")}
        onBlur={() => setShown(null)}
        onClick={() => setShown((now) => (now === "held" ? null : "held"))}
        onKeyDown={(event) => {
          if (event.key !== "Escape" || shown === null) return;
          // What is around it stays as it is.
          event.stopPropagation();
          setShown(null);
        }}
      >
        {children}
      </button>
      {shown !== null && <WhyBox why={why} of={button} />}
    </>
  );
}
