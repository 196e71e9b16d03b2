import { memo, useMemo } from "react";
import { cn } from "@/components/ui/class-names";
import { revealHidden } from "@/components/ui/hidden-characters";
import { type AnsiColor, parseAnsi } from "./ansi";

const COLOR: Record<AnsiColor, string> = {
  black: "text-[var(--ansi-black)]",
  red: "text-[var(--ansi-red)]",
  green: "text-[var(--ansi-green)]",
  yellow: "text-[var(--ansi-yellow)]",
  blue: "text-[var(--ansi-blue)]",
  magenta: "text-[var(--ansi-magenta)]",
  cyan: "text-[var(--ansi-cyan)]",
  white: "text-[var(--ansi-white)]",
};

/** A command's output, coloured as its terminal would, built from text nodes alone. */
export const AnsiText = memo(function AnsiText({ text }: { text: string }) {
  const spans = useMemo(() => parseAnsi(text), [text]);
  return spans.map((span, index) => (
    <span
      // biome-ignore lint/suspicious/noArrayIndexKey: spans have no identity; output only grows at its end.
      key={index}
      className={cn(
        span.color !== null && COLOR[span.color],
        span.isBold && "font-semibold",
        span.isDim && "italic",
        span.isItalic && "italic",
        span.isUnderlined && "underline",
      )}
    >
      {revealHidden(span.text)}
    </span>
  ));
});
