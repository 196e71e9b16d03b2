"use client";
import { deliveryOf } from "@/components/conversation/user-message";
import { useRunCommands } from "@/components/sessions/use-session";
import { CallHint } from "@/components/ui/curl/call-hint";
import { sentence } from "@/components/ui/format";
import { revealHidden } from "@/components/ui/hidden-characters";
import { type Column, Table } from "@/components/ui/list/table";
import { EmptyState, Panel, TableSkeleton } from "@/components/ui/page";
import { QueryView } from "@/components/ui/query-view";
import { State } from "@/components/ui/state";
import { Time } from "@/components/ui/time/time";
import type { Command } from "@/contract/command";
import { failureWords } from "@/contract/failure-words";
import type { Run } from "@/contract/run";
import { isTerminal } from "@/contract/words";

const COLUMNS: Column<Command>[] = [
  { name: "#", className: "text-ink-3 tabular-nums sm:w-px", cell: (command) => command.seq },
  {
    name: "State",
    cell: (command) => {
      const delivery = deliveryOf(command, undefined);
      return delivery === null ? null : (
        <State state={delivery.state} word={delivery.word} why={revealHidden(delivery.detail)} />
      );
    },
  },
  { name: "Type", cell: (command) => sentence(command.type) },
  {
    name: "Content",
    isLead: true,
    className: "max-w-0 min-w-40 sm:w-1/2 max-sm:max-w-none",
    cell: (command) => (
      <span className="block truncate text-ink-2" title={contentOf(command)}>
        {contentOf(command)}
      </span>
    ),
  },
  {
    name: "Failure",
    isWideOnly: true,
    className: "max-w-52 text-xs",
    cell: (command) => {
      const failure = revealHidden(
        command.failureMessage ?? (command.failureKind === null ? null : sentence(failureWords(command.failureKind))),
      );
      return failure === null ? null : (
        <span className="block truncate text-bad" title={failure}>
          {failure}
        </span>
      );
    },
  },
  {
    name: "Sent",
    className: "whitespace-nowrap text-ink-2 sm:text-right",
    cell: (command) => <Time at={command.createdAt} />,
  },
];

/** The columns while nothing has failed. */
const WITHOUT_FAILURE = COLUMNS.filter(({ name }) => name !== "Failure");

/** What was asked of a run, in order, and how far each has come. */
export function RunCommands({ run }: { run: Run }) {
  const commands = useRunCommands(run.id);
  return (
    <Panel title="Commands">
      <QueryView query={commands} skeleton={<TableSkeleton rows={1} />}>
        {(items) =>
          items.length === 0 ? (
            <EmptyState title="No commands">
              This run has not been sent anything yet.
              {!isTerminal(run.status) && (
                <CallHint
                  label="Send a command with the API:"
                  call={{
                    ...{ method: "POST", path: `/runs/${encodeURIComponent(run.id)}/commands` },
                    body: { type: "turn", payload: { text: "Say hello" } },
                  }}
                />
              )}
            </EmptyState>
          ) : (
            <Table
              label="Commands"
              rows={items}
              columns={
                items.some((command) => command.failureKind !== null || command.failureMessage !== null)
                  ? COLUMNS
                  : WITHOUT_FAILURE
              }
              keyOf={(command) => command.id}
            />
          )
        }
      </QueryView>
    </Panel>
  );
}

function contentOf(command: Command): string {
  const { text, decision } = command.payload;
  if (typeof text === "string") return revealHidden(text);
  return typeof decision === "string" ? revealHidden(decision) : "";
}
