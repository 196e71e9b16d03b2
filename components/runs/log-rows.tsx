import { memo } from "react";
import { AnsiText } from "@/components/conversation/ansi-text";
import { cn } from "@/components/ui/class-names";
import { revealHidden } from "@/components/ui/hidden-characters";
import { useTimeMode } from "@/components/ui/time/clock";
import { findAll, type LogLevel, plainText, type ReadLine } from "./log-text";

const LEVEL_CLASS: Record<LogLevel, string> = {
  trace: "text-ink-3",
  debug: "text-ink-3",
  info: "text-ink-3",
  warn: "text-warn",
  error: "text-bad",
  fatal: "text-bad",
};

type LogRowsProps = {
  lines: readonly ReadLine[];
  hasTimes: boolean;
  find: string;
  atMatch: string | null;
  marked: string | null;
};

/** The lines of a log, the newest last. */
export function LogRows({ lines, hasTimes, find, atMatch, marked }: LogRowsProps) {
  const mode = useTimeMode();
  return lines.map((line) => (
    <LogRow
      key={line.key}
      lineKey={line.key}
      at={hasTimes ? clockOf(line.at, mode === "utc") : null}
      title={line.at ?? undefined}
      level={line.level}
      text={line.text}
      find={find}
      isAt={line.key === atMatch}
      isMarked={line.key === marked}
    />
  ));
}

type LogRowProps = {
  lineKey: string;
  at: string | null;
  title: string | undefined;
  level: LogLevel | null;
  text: string;
  find: string;
  isAt: boolean;
  isMarked: boolean;
};

const LogRow = memo(function LogRow({ lineKey, at, title, level, text, find, isAt, isMarked }: LogRowProps) {
  return (
    <div
      data-line={lineKey}
      aria-current={isMarked ? "location" : undefined}
      className={cn(
        "px-4 hover:bg-hover lg:px-6",
        (level === "error" || level === "fatal") && "bg-bad-soft",
        level === "warn" && "bg-warn-soft",
        isMarked && "bg-accent-soft",
        (isAt || isMarked) && "outline outline-accent",
      )}
    >
      {at !== null && (
        // By the mouse alone, since a page of lines would be as many stops for the keys, which have their own way.
        <span
          data-time
          title={revealHidden(`${title}: select this line`)}
          className="mr-3 cursor-pointer text-ink-3 select-none hover:text-accent hover:underline"
          suppressHydrationWarning
        >
          {at}
        </span>
      )}
      {level !== null && <span className={cn("mr-3 inline-block w-9 uppercase", LEVEL_CLASS[level])}>{level}</span>}
      {find === "" ? <AnsiText text={text} /> : <Marked text={plainText(text)} find={find} />}
    </div>
  );
});

function Marked({ text, find }: { text: string; find: string }) {
  const found = findAll(text, find);
  return (
    <>
      {found.map(({ from, to }, index) => (
        <span key={from}>
          {revealHidden(text).slice(found[index - 1]?.to ?? 0, from)}
          <mark className="rounded-sm bg-warn-soft text-ink outline outline-warn">
            {revealHidden(text).slice(from, to)}
          </mark>
        </span>
      ))}
      {revealHidden(text).slice(found.at(-1)?.to ?? 0)}
    </>
  );
}

/** The time of day to the millisecond, as logs are read. */
function clockOf(at: string | null, isUtc: boolean): string {
  if (at === null) return "";
  if (isUtc) return at.slice(11, 23);
  const date = new Date(at);
  const padNumber = (part: number, digits = 2) => String(part).padStart(digits, "0");
  const [hours, minutes, seconds] = [date.getHours(), date.getMinutes(), date.getSeconds()];
  return `${padNumber(hours)}:${padNumber(minutes)}:${padNumber(seconds)}.${padNumber(date.getMilliseconds(), 3)}`;
}
