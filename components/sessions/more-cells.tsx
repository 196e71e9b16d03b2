import dynamic from "next/dynamic";
import type { ReactNode } from "react";
import { IdCell, LinkCell, TextCell, TimeCell } from "@/components/arrange/cells";
import { MetadataCell } from "@/components/arrange/metadata-cell";
import { runAddress } from "@/components/shell/addresses";
import { formatBytes } from "@/components/ui/format";
import type { ColumnId } from "@/contract/query/arrangement";
import type { SESSION_COLUMNS } from "@/contract/query/sessions";
import type { SessionSummary } from "@/contract/session";

type MoreColumn = ColumnId<typeof SESSION_COLUMNS, true>;

const LastMessageCell = dynamic(() => import("./digest-cells").then((module) => module.LastMessageCell), {
  ssr: false,
});
const TokensCell = dynamic(() => import("./digest-cells").then((module) => module.TokensCell), { ssr: false });

/** What a session's row shows to those who choose it. */
export const MORE_CELLS: Record<MoreColumn, (session: SessionSummary) => ReactNode> = {
  tenant: ({ tenantId }) => <TextCell text={tenantId} />,
  id: ({ sessionId }) => <IdCell id={sessionId} />,
  thread: ({ threadId }) => <IdCell id={threadId} />,
  conversation: ({ conversationId }) => <TextCell text={conversationId} />,
  run: ({ activeRunId, lastRunId }) => <LinkCell id={activeRunId ?? lastRunId} href={runAddress} />,
  failure: ({ failureKind }) => <TextCell text={failureKind} />,
  said: (session) => <LastMessageCell session={session} />,
  tokens: (session) => <TokensCell session={session} />,
  events: ({ lastEventSeq }) => (lastEventSeq === 0 ? <TextCell text={null} /> : `#${lastEventSeq}`),
  version: ({ version }) => version,
  metadata: ({ metadata }) => <MetadataCell metadata={metadata} />,
  bytes: ({ storageSizeBytes }) => <TextCell text={storageSizeBytes === null ? null : formatBytes(storageSizeBytes)} />,
  files: ({ storageFilesCount }) => storageFilesCount?.toLocaleString("en") ?? <TextCell text={null} />,
  volume: ({ storagePvcName }) => <IdCell id={storagePvcName} />,
  expires: ({ expiresAt }) => <TimeCell at={expiresAt} />,
  created: ({ createdAt }) => <TimeCell at={createdAt} />,
};
