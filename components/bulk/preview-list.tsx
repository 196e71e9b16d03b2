import { ErrorNote } from "@/components/ui/error/error-note";
import { formatPlural, shortenId } from "@/components/ui/format";
import { revealHidden } from "@/components/ui/hidden-characters";
import type { BulkItem, BulkPreview } from "@/contract/bulk";
import type { BulkKind } from "@/contract/words";
import { RECORD_NOUNS } from "./verbs";

type PreviewListProps = { kind: BulkKind; preview: BulkPreview | undefined; error: unknown };

/** What an action is about, what it leaves as it is, and why: before anything is done. */
export function PreviewList({ kind, preview, error }: PreviewListProps) {
  if (preview === undefined) {
    if (error !== null) return <ErrorNote error={error} />;
    return (
      <p role="status" className="text-xs text-ink-3">
        Counting…
      </p>
    );
  }
  if (preview.isTooLarge)
    return (
      <p role="alert" className="rounded-md bg-warn-soft p-2 text-xs text-warn">
        Too many matches for one action. Narrow the filter.
      </p>
    );
  const included = preview.items.filter(({ skip }) => skip === null);
  const skipped = preview.items.filter(({ skip }) => skip !== null);
  return (
    <div className="flex flex-col gap-1.5 text-xs">
      <Part
        summary={`${formatPlural(preview.total - preview.skipped, RECORD_NOUNS[kind])} included`}
        items={included}
        count={preview.total - preview.skipped}
      />
      {preview.skipped > 0 && (
        <Part
          summary={`${preview.skipped.toLocaleString("en")} skipped: ${preview.reasons
            .map(({ reason, count }) => (preview.skipped === 1 ? reason : `${reason} (${count.toLocaleString("en")})`))
            .join(", ")}`}
          items={skipped}
          count={preview.skipped}
        />
      )}
    </div>
  );
}

function Part({ summary, items, count }: { summary: string; items: readonly BulkItem[]; count: number }) {
  if (items.length === 0) return <p className="text-ink-2">{summary}</p>;
  return (
    <details>
      <summary className="cursor-default text-ink-2">{summary}</summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by the keyboard too. */}
      <ul tabIndex={0} aria-label={summary} className="scroll-thin mt-1 max-h-40 overflow-y-auto rounded-md border">
        {items.map((item) => (
          <li key={item.id} className="flex flex-wrap gap-x-2 px-2 py-1 not-last:border-b">
            <code title={item.id}>{shortenId(item.id)}</code>
            {item.title !== null && <span className="min-w-0 truncate">{revealHidden(item.title)}</span>}
            {item.skip !== null && <span className="text-ink-2">{item.skip}</span>}
          </li>
        ))}
        {count > items.length && (
          <li className="px-2 py-1 text-ink-3">and {(count - items.length).toLocaleString("en")} more</li>
        )}
      </ul>
    </details>
  );
}
