import { Id } from "@/components/ui/copy";
import { formatDuration } from "@/components/ui/format";
import { revealHidden } from "@/components/ui/hidden-characters";
import { ScrollRegion } from "@/components/ui/scroll-region";
import { Time } from "@/components/ui/time/time";
import type { WebhookDelivery } from "@/contract/webhook";
import { answerOf } from "./words";

/** What a delivery holds, and how each of its last tries went, the newest first. */
export function DeliveryDetails({ delivery }: { delivery: WebhookDelivery }) {
  const { id, body, createdAt, tries } = delivery;
  return (
    <div className="grid gap-4 px-4 py-3 text-xs lg:grid-cols-2 lg:px-6">
      <div className="flex min-w-0 flex-col gap-1.5">
        <h3 className="font-medium text-ink-2">Tries</h3>
        {tries.length === 0 ? <p className="text-ink-3">No tries yet.</p> : <Tries tries={tries.toReversed()} />}
        <p className="mt-1 flex flex-wrap items-center gap-x-2 text-ink-3">
          <Id id={id} />
          <span>
            made <Time at={createdAt} />
          </span>
        </p>
      </div>
      <div className="flex min-w-0 flex-col gap-1.5">
        <h3 className="font-medium text-ink-2">Body</h3>
        <ScrollRegion label="Body" className="max-h-72 rounded-md border bg-code p-2">
          <pre className="wrap-anywhere whitespace-pre-wrap">
            {revealHidden(JSON.stringify(JSON.parse(body), null, 2))}
          </pre>
        </ScrollRegion>
      </div>
    </div>
  );
}

function Tries({ tries }: Pick<WebhookDelivery, "tries">) {
  return (
    <table aria-label="Tries" className="w-full tabular-nums">
      <thead>
        <tr className="text-left text-ink-3">
          {["When", "Took", "Answer"].map((name) => (
            <th key={name} scope="col" className="pr-3 font-medium">
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {tries.map((tried) => (
          <tr key={tried.at} className="align-top">
            <th scope="row" className="pr-3 text-left font-normal whitespace-nowrap text-ink-2">
              <Time at={tried.at} />
            </th>
            <td className="pr-3 whitespace-nowrap text-ink-2">{formatDuration(tried.tookMs)}</td>
            <td className={tried.error === null ? "wrap-anywhere text-good" : "wrap-anywhere text-bad"}>
              {revealHidden(answerOf(tried))}
              {tried.text !== null && <AnswerText text={tried.text} at={tried.at} />}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** The beginning of what a receiver said with its status, as it stands. */
function AnswerText({ text, at }: { text: string; at: string }) {
  return (
    <ScrollRegion label={`What was said at ${at}`} className="mt-1 mb-1.5 max-h-32 rounded-md border bg-code p-2">
      <pre className="wrap-anywhere whitespace-pre-wrap text-ink">{revealHidden(text)}</pre>
    </ScrollRegion>
  );
}
