import type { ReactNode } from "react";

/** What a record's page is about, with what it is at its side; on a phone below it. */
export function RecordBody({ facts, children }: { facts: ReactNode; children: ReactNode }) {
  return (
    <div className="scroll-thin grid min-h-0 flex-1 auto-rows-min gap-4 overflow-y-auto p-4 lg:grid-cols-[minmax(0,1fr)_20rem] lg:p-6">
      <div className="flex min-w-0 flex-col gap-4">{children}</div>
      {facts}
    </div>
  );
}
