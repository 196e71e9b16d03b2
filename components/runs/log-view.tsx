"use client";
import { useQuery } from "@tanstack/react-query";
import {
  ArrowDownToLine,
  ChevronDown,
  ChevronUp,
  Clock,
  Download,
  Link2,
  Pause,
  Play,
  WrapText,
  X,
} from "lucide-react";
import { parseAsBoolean, parseAsInteger, parseAsString, parseAsStringLiteral, useQueryStates } from "nuqs";
import { type ReactNode, useEffect, useMemo, useRef, useState } from "react";
import { toast } from "sonner";
import { usePageKeys } from "@/components/shell/page-keys";
import { useTRPC } from "@/components/trpc/client";
import { Button } from "@/components/ui/button";
import { cn } from "@/components/ui/class-names";
import { CopyTextButton, copyText } from "@/components/ui/copy";
import { download } from "@/components/ui/download";
import { Select } from "@/components/ui/form/field";
import { SearchBox } from "@/components/ui/form/search-box";
import { formatPlural } from "@/components/ui/format";
import { revealHidden } from "@/components/ui/hidden-characters";
import { EmptyState } from "@/components/ui/page";
import { QueryView } from "@/components/ui/query-view";
import { ScrollRegion } from "@/components/ui/scroll-region";
import { toServerTime } from "@/components/ui/time/clock";
import { Time } from "@/components/ui/time/time";
import type { Run } from "@/contract/run";
import type { RunLog } from "@/contract/run-job";
import { LOG_CONTAINERS } from "@/contract/words";
import { AttemptSelect } from "./attempt-select";
import { LogRows } from "./log-rows";
import { findAll, plainText, type ReadLine, readLines, toLogFile } from "./log-text";
import { pollOf } from "./run-jobs";
import { rowOf, timeOf, useMarkedLine } from "./use-marked-line";

const SHOWN = {
  attempt: parseAsString,
  container: parseAsStringLiteral(LOG_CONTAINERS),
  lines: parseAsInteger.withDefault(200),
  since: parseAsString,
  find: parseAsString.withDefault(""),
  wrap: parseAsBoolean.withDefault(true),
  times: parseAsBoolean.withDefault(true),
  raw: parseAsBoolean.withDefault(false),
  /** The line that somebody points out to others. */
  line: parseAsString,
};
const TAILS = [50, 200, 500, 1_000, 2_000];
const TAIL_MAX = 2_000;
const SINCE_MINUTES = [1, 5, 15, 60];
/** Closer than this to the end counts as reading along. */
const END_PX = 40;

/** The end of what an attempt's runner wrote, followed while it writes. */
export function LogView({ run }: { run: Run }) {
  const trpc = useTRPC();
  const [shown, setShown] = useQueryStates(SHOWN, { history: "replace" });
  const written = useRef<Promise<URLSearchParams | null>>(Promise.resolve(null));
  const [isFollowing, setIsFollowing] = useState(shown.line === null);
  const { attempt, container, lines: tailLines, since } = shown;
  const query = useQuery(
    trpc.runs.log.queryOptions(
      {
        runId: run.id,
        tailLines,
        ...(attempt === null ? {} : { attemptId: attempt }),
        ...(container === null ? {} : { container }),
        ...(since === null ? {} : { since }),
      },
      {
        refetchInterval: (state) => pollOf(state.state.data?.source, { run, attempt, isFollowing }),
        placeholderData: (old) => old,
      },
    ),
  );
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div className="flex flex-wrap items-center gap-2 border-b bg-panel px-4 py-2 lg:px-6">
        <AttemptSelect
          runId={run.id}
          value={attempt}
          onChange={(next) => void setShown({ attempt: next, line: null })}
        />
        <ContainerSelect
          log={query.data}
          value={container}
          onChange={(next) => void setShown({ container: next, line: null })}
        />
        <Select
          aria-label="Lines"
          className="w-auto text-xs"
          value={TAILS.includes(tailLines) ? tailLines : 200}
          onChange={(event) => void setShown({ lines: Number(event.target.value) })}
        >
          {TAILS.map((lines) => (
            <option key={lines} value={lines}>
              Last {lines.toLocaleString("en")} lines
            </option>
          ))}
        </Select>
        <SinceSelect value={since} onChange={(next) => void setShown({ since: next })} />
        <SearchBox
          label="Search log"
          placeholder="Search log"
          value={shown.find}
          onChange={(find) => void setShown({ find: find === "" ? null : find })}
        />
      </div>
      <QueryView query={query}>
        {(log) => (
          <LoadedLog
            log={log}
            run={run}
            shown={shown}
            isFollowing={isFollowing}
            onFollow={setIsFollowing}
            onShow={(next) => {
              written.current = setShown(next);
            }}
            // A line is written into the address a moment after it is marked.
            onCopyLink={() => void written.current.then(copyLineLink)}
          />
        )}
      </QueryView>
    </div>
  );
}

type Shown = { find: string; wrap: boolean; times: boolean; raw: boolean; line: string | null; lines: number };
type LogChange = Record<"wrap" | "times" | "raw", boolean> &
  Pick<Shown, "line" | "lines"> &
  Pick<RunLog, "container"> & { attempt: string | null };
type LoadedLogProps = {
  log: RunLog;
  run: Run;
  shown: Shown;
  isFollowing: boolean;
  onFollow: (isFollowing: boolean) => void;
  onShow: (next: Partial<LogChange>) => void;
  onCopyLink: () => void;
};

function LoadedLog({ log, run, shown, isFollowing, onFollow, onShow, onCopyLink }: LoadedLogProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const lines = useMemo(() => readLines(log.lines, shown.raw), [log.lines, shown.raw]);
  const matches = useMatches(lines, shown.find, scroller);
  const isLive = log.source === "live";
  const scrollToEnd = () => scroller.current?.scrollTo({ top: scroller.current.scrollHeight });
  const follow = (next: boolean) => {
    onFollow(next);
    if (next) scrollToEnd();
  };
  const marked = useMarkedLine(lines, shown.line, {
    scroller,
    beside: matches.key,
    // Whoever opens the link sees the same log, whatever was attempted since.
    onMark: (line) => {
      onFollow(false);
      onShow(line === null ? { line } : { line, attempt: log.attemptId, container: log.container });
    },
  });
  const last = lines.at(-1)?.key;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new last line is what moves the end.
  useEffect(() => {
    if (isFollowing && shown.find === "") scrollToEnd();
  }, [isFollowing, last, shown.find, shown.wrap]);
  usePageKeys([
    { keys: "f", name: "Follow or stop following", run: () => follow(!isFollowing) },
    { keys: "e", name: "Go to the end", run: scrollToEnd },
    { keys: "w", name: "Toggle line wrapping", run: () => onShow({ wrap: !shown.wrap }) },
    { keys: "T", name: "Toggle timestamps", run: () => onShow({ times: !shown.times }) },
    { keys: "R", name: "Toggle raw lines", run: () => onShow({ raw: !shown.raw }) },
    { keys: "n", name: "Next match", run: () => matches.go(1) },
    { keys: "N", name: "Previous match", run: () => matches.go(-1) },
    { keys: "j", name: "Select the next line", run: () => marked.go(1) },
    { keys: "k", name: "Select the previous line", run: () => marked.go(-1) },
    { keys: "y", name: "Copy a link to the selected line", run: () => marked.position > 0 && onCopyLink() },
  ]);

  return (
    <>
      <div className="flex flex-wrap items-center gap-x-2 gap-y-1 border-b bg-sunken px-4 py-1 text-xs text-ink-2 lg:px-6">
        <span>
          {log.isCut && "the last "}
          {formatPlural(lines.length, "line")}
        </span>
        <span className="text-ink-3">
          {log.source === "kept" ? "saved at the end" : isLive ? "read" : ""}{" "}
          {log.source !== "none" && <Time at={log.asOf} />}
        </span>
        {shown.find !== "" && (
          <span className="inline-flex items-center gap-1" role="status">
            {matches.count === 0 ? "no match" : matches.position > 0 && `${matches.position} of`}{" "}
            {matches.count > 0 && formatPlural(matches.count, "matching line")}
            <Button variant="ghost" size="icon-sm" aria-label="Previous match" onClick={() => matches.go(-1)}>
              <ChevronUp aria-hidden className="size-3.5" />
            </Button>
            <Button variant="ghost" size="icon-sm" aria-label="Next match" onClick={() => matches.go(1)}>
              <ChevronDown aria-hidden className="size-3.5" />
            </Button>
          </span>
        )}
        {shown.line !== null && (
          <span className="inline-flex items-center gap-1" role="status">
            {marked.position > 0 ? `line ${marked.position} selected` : "selected line not loaded"}
            {marked.position > 0 ? (
              <Button variant="ghost" size="sm" onClick={onCopyLink}>
                <Link2 aria-hidden className="size-3.5" /> Copy link
              </Button>
            ) : (
              log.isCut &&
              shown.lines < TAIL_MAX && (
                <Button variant="ghost" size="sm" onClick={() => onShow({ lines: TAIL_MAX })}>
                  Load more lines
                </Button>
              )
            )}
            <Button variant="ghost" size="icon-sm" aria-label="Clear selection" onClick={() => marked.mark(null)}>
              <X aria-hidden className="size-3.5" />
            </Button>
          </span>
        )}
        <span className="ml-auto flex flex-wrap items-center gap-1">
          {isLive && (
            <Toggle isOn={isFollowing} onClick={() => follow(!isFollowing)}>
              {isFollowing ? <Pause aria-hidden className="size-3.5" /> : <Play aria-hidden className="size-3.5" />}
              Follow
            </Toggle>
          )}
          <Toggle isOn={shown.wrap} onClick={() => onShow({ wrap: !shown.wrap })}>
            <WrapText aria-hidden className="size-3.5" /> Wrap
          </Toggle>
          <Toggle isOn={shown.times} onClick={() => onShow({ times: !shown.times })}>
            <Clock aria-hidden className="size-3.5" /> Times
          </Toggle>
          <Toggle isOn={shown.raw} onClick={() => onShow({ raw: !shown.raw })}>
            Raw
          </Toggle>
          <CopyTextButton text={() => toLogFile(lines, shown.times)} copiedMessage="Log copied">
            Copy
          </CopyTextButton>
          <Button
            variant="ghost"
            size="sm"
            onClick={() => download(fileNameOf(run, log), toLogFile(lines, true), "text/plain;charset=utf-8")}
          >
            <Download aria-hidden className="size-3.5" /> Download
          </Button>
          <Button variant="ghost" size="sm" onClick={scrollToEnd}>
            <ArrowDownToLine aria-hidden className="size-3.5" /> End
          </Button>
        </span>
      </div>
      {lines.length === 0 ? (
        <EmptyState title={log.note === null ? "No lines" : "No log"}>
          {revealHidden(log.note) ?? "Nothing was written in this time."}
        </EmptyState>
      ) : (
        <ScrollRegion
          ref={scroller}
          role="log"
          label="Log"
          className={cn(
            "min-h-0 flex-1 bg-code py-2 font-mono text-xs leading-5",
            shown.wrap ? "wrap-anywhere whitespace-pre-wrap" : "whitespace-pre",
          )}
          onScroll={(element) => {
            const isAtEnd = element.scrollHeight - element.scrollTop - element.clientHeight < END_PX;
            if (isFollowing && !isAtEnd && shown.find === "") onFollow(false);
          }}
        >
          {/* biome-ignore lint/a11y/useKeyWithClickEvents lint/a11y/noStaticElementInteractions: j and k mark lines too. */}
          <div
            className={cn(!shown.wrap && "w-max min-w-full")}
            onClick={({ target }) => {
              const key = timeOf(target);
              if (key !== null) marked.mark(key === shown.line ? null : key);
            }}
          >
            <LogRows lines={lines} hasTimes={shown.times} find={shown.find} atMatch={matches.key} marked={shown.line} />
          </div>
        </ScrollRegion>
      )}
    </>
  );
}

function Toggle({ isOn, onClick, children }: { isOn: boolean; onClick: () => void; children: ReactNode }) {
  return (
    <Button
      variant="ghost"
      size="sm"
      aria-pressed={isOn}
      onClick={onClick}
      className={cn(isOn && "bg-accent-soft text-ink")}
    >
      {children}
    </Button>
  );
}

/** Copies this page's address with what was last written into it, where anything was. */
async function copyLineLink(search: URLSearchParams | null): Promise<void> {
  const address = new URL(window.location.href);
  if (search !== null) address.search = search.toString();
  await copyText(address.href);
  toast.success("Link to line copied");
}

type Matches = { count: number; position: number; key: string | null; go: (step: number) => void };

/** The lines that hold a text, and which of them is gone to. */
function useMatches(lines: readonly ReadLine[], find: string, scroller: { current: HTMLElement | null }): Matches {
  const [key, setKey] = useState<string | null>(null);
  const keys = useMemo(
    () =>
      find === "" ? [] : lines.filter(({ text }) => findAll(plainText(text), find).length > 0).map((line) => line.key),
    [lines, find],
  );
  const at = key === null ? -1 : keys.indexOf(key);
  return {
    count: keys.length,
    position: at + 1,
    key: at === -1 ? null : key,
    go(step) {
      if (keys.length === 0) return;
      // The newest first, since that is where a failure stands.
      const next = at === -1 ? keys.length - 1 : (at + step + keys.length) % keys.length;
      const nextKey = keys[next] ?? null;
      setKey(nextKey);
      if (nextKey !== null) rowOf(scroller.current, nextKey)?.scrollIntoView({ block: "center" });
    },
  };
}

type ContainerSelectProps = {
  log: RunLog | undefined;
  value: RunLog["container"];
  onChange: (next: RunLog["container"]) => void;
};

/** Where there is a choice, as in a pod. */
function ContainerSelect({ log, value, onChange }: ContainerSelectProps) {
  const containers = LOG_CONTAINERS.filter((name) => name === value || log?.containers.includes(name) === true);
  if (containers.length < 2) return null;
  return (
    <Select
      aria-label="Container"
      className="w-auto text-xs"
      value={value ?? log?.container ?? ""}
      onChange={(event) => onChange(LOG_CONTAINERS.find((name) => name === event.target.value) ?? null)}
    >
      {containers.map((name) => (
        <option key={name} value={name}>
          {name}
        </option>
      ))}
    </Select>
  );
}

/** From an instant on, which stays the same while time goes by, so that the address means what was seen. */
function SinceSelect({ value, onChange }: { value: string | null; onChange: (next: string | null) => void }) {
  return (
    <Select
      aria-label="Since"
      className="w-auto text-xs"
      value={value ?? ""}
      onChange={(event) => {
        const minutes = Number(event.target.value);
        onChange(minutes > 0 ? new Date(toServerTime(Date.now()) - minutes * 60_000).toISOString() : null);
      }}
    >
      <option value="">Any time</option>
      {value !== null && <option value={value}>since {value.slice(11, 19)} UTC</option>}
      {SINCE_MINUTES.map((minutes) => (
        <option key={minutes} value={minutes}>
          last {minutes} min
        </option>
      ))}
    </Select>
  );
}

function fileNameOf(run: Run, { attemptId, container }: RunLog): string {
  return `${run.id}-${attemptId}-${container}.log`.replaceAll(/[^\w.-]/g, "_");
}
