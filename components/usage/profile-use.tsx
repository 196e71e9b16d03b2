import Link from "next/link";
import { usageAddress } from "@/components/shell/addresses";
import { ChartParts, Key } from "@/components/ui/chart/chart";
import { ChartCanvas } from "@/components/ui/chart/chart-canvas";
import { scaleMax } from "@/components/ui/chart/scale-max";
import { Tile } from "@/components/ui/chart/tile";
import { formatCount, formatPlural, formatTokens } from "@/components/ui/format";
import type { Usage, UsageSummary } from "@/contract/usage";
import { addUp, dayMs, daysOf, shortDay, type UsageDay } from "./days";
import { costWords, failureCountWords, missingWords, tokensOf } from "./words";

const HEIGHT = 100;
const DAY_MS = 86_400_000;
const [INPUT, OUTPUT] = ["bg-accent-fill/45", "bg-accent-fill"] as const;

/** What a profile's calls took in the period. */
export function ProfileUse({ summary, profile }: { summary: UsageSummary; profile: string }) {
  const days = daysOf(summary, profile);
  const total = addUp(days);
  const failureText = failureCountWords(total);
  const ends = failureText.length > 0 ? `Of ${formatPlural(total.calls, "call")}: ${failureText.join(", ")}.` : null;
  const notes = [ends, missingWords(total)].filter((note) => note !== null);
  return (
    <section aria-label={`Model use of ${profile}`} className="flex flex-col gap-2 border-t pt-3">
      <h3 className="flex items-center justify-between gap-2 text-xs font-semibold">
        Usage
        <Link href={usageAddress({ profile })} prefetch={false} className="font-normal text-accent hover:underline">
          Details
        </Link>
      </h3>
      {total.calls === 0 ? (
        <p className="text-xs text-ink-3">No calls {days.length === 1 ? "today" : `in the last ${days.length} days`}</p>
      ) : (
        <>
          <dl className="grid auto-cols-fr grid-flow-col gap-px overflow-hidden rounded-lg border bg-line">
            <UseTile name="Today (UTC)" usage={addUp(days.slice(-1))} />
            {days.length > 1 && <UseTile name={`Last ${days.length} days`} usage={total} />}
          </dl>
          {notes.length > 0 && <p className="text-xs text-ink-3">{notes.join(" ")}</p>}
          {days.length > 1 && <DaysChart days={days} profile={profile} />}
        </>
      )}
    </section>
  );
}

function UseTile({ name, usage }: { name: string; usage: Usage }) {
  const cost = costWords(usage);
  const tokens = formatTokens(tokensOf(usage));
  const calls = formatPlural(usage.calls, "call");
  return <Tile name={name} value={cost ?? tokens} note={cost === null ? calls : `${tokens}, ${calls}`} />;
}

function DaysChart({ days, profile }: { days: readonly UsageDay[]; profile: string }) {
  const top = scaleMax(days.map(({ usage }) => tokensOf(usage)));
  const y = (tokens: number) => (tokens / top) * HEIGHT;
  const total = addUp(days);
  return (
    <ChartParts
      title={`Tokens of ${profile} by day`}
      summary={`Tokens by day, the last ${days.length} days: ${formatTokens(total.inputTokens)} in, ${formatTokens(total.outputTokens)} out`}
      scale={{ top, format: formatTokens }}
      from={shortDay(days[0]?.day ?? "")}
      to="today"
      legend={
        <>
          <Key swatch={INPUT} name="input" value={formatTokens(total.inputTokens)} />
          <Key swatch={OUTPUT} name="output" value={formatTokens(total.outputTokens)} />
        </>
      }
      plot={
        <ChartCanvas width={days.length} height={HEIGHT} className="h-16">
          {days.map(({ day, usage }, index) => {
            const [input, output] = [y(usage.inputTokens), y(usage.outputTokens)];
            return (
              <g key={day}>
                <rect x={index + 0.1} width={0.8} y={HEIGHT - input} height={input} className="fill-accent-fill/45" />
                <rect
                  x={index + 0.1}
                  width={0.8}
                  y={HEIGHT - input - output}
                  height={output}
                  className="fill-accent-fill"
                />
              </g>
            );
          })}
        </ChartCanvas>
      }
      axis={{ fromMs: dayMs(days[0]?.day ?? ""), toMs: dayMs(days.at(-1)?.day ?? "") + DAY_MS }}
      swatches={[undefined, INPUT, OUTPUT, undefined]}
      columns={["Day", "Calls", "Input tokens", "Output tokens", "Cost"]}
      isNewestFirst
      rows={days.map(({ day, usage }) => [
        shortDay(day),
        formatCount(usage.calls),
        usage.inputTokens.toLocaleString("en"),
        usage.outputTokens.toLocaleString("en"),
        costWords(usage) ?? (usage.calls === 0 ? "—" : usage.unpricedCalls > 0 ? "No price" : "Unknown"),
      ])}
    />
  );
}
