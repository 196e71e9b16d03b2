import type { ReactNode } from "react";
import { IdCell, LinkCell, TextCell, TimeCell } from "@/components/arrange/cells";
import { sessionAddress, taskAddress } from "@/components/shell/addresses";
import type { ColumnId } from "@/contract/query/arrangement";
import type { RUN_COLUMNS } from "@/contract/query/runs";
import type { RunSummary } from "@/contract/run";
import { sessionIdOf } from "./session-id";

type MoreColumn = ColumnId<typeof RUN_COLUMNS, true>;

/** A ref or a policy of an old row may hold anything. */
const textOf = (value: unknown) => <TextCell text={typeof value === "string" ? value : null} />;

/** What a run's row shows to those who choose it. */
export const MORE_CELLS: Record<MoreColumn, (run: RunSummary) => ReactNode> = {
  project: ({ projectId }) => <TextCell text={projectId} />,
  tenant: ({ tenantId }) => <TextCell text={tenantId} />,
  id: ({ id }) => <IdCell id={id} />,
  session: (run) => <LinkCell id={sessionIdOf(run)} href={sessionAddress} />,
  task: ({ taskId }) => <LinkCell id={taskId} href={taskAddress} />,
  provider: ({ providerId }) => <TextCell text={providerId} />,
  model: ({ executionPolicy }) => textOf(executionPolicy.model),
  sandbox: ({ executionPolicy }) => textOf(executionPolicy.sandbox),
  approval: ({ executionPolicy }) => textOf(executionPolicy.approval),
  workspace: ({ workspaceRef }) => textOf(workspaceRef.kind),
  failure: ({ failureKind, failureMessage, turnFailureKind }) => (
    <TextCell text={failureMessage ?? failureKind ?? turnFailureKind ?? null} />
  ),
  epoch: ({ leaseEpoch }) => leaseEpoch,
  events: ({ lastEventSeq }) => lastEventSeq.toLocaleString("en"),
  version: ({ version }) => version,
  ended: ({ terminalStatus, updatedAt }) => <TimeCell at={terminalStatus === null ? null : updatedAt} />,
};
