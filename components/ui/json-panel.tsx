import { revealHidden } from "./hidden-characters";
import { Panel } from "./page";
import { ScrollRegion } from "./scroll-region";

/** A stored object as it stands. */
export function JsonPanel({ title, value }: { title: string; value: unknown }) {
  return (
    <Panel title={title}>
      <ScrollRegion label={title} className="max-h-60 p-4">
        <pre className="text-xs wrap-anywhere whitespace-pre-wrap">
          {revealHidden(JSON.stringify(value, null, 2) ?? "")}
        </pre>
      </ScrollRegion>
    </Panel>
  );
}
