"use client";
import { useQuery } from "@tanstack/react-query";
import { Download, X } from "lucide-react";
import { type ReactNode, useMemo } from "react";
import { useTRPC } from "@/components/trpc/client";
import { Button, buttonStyle } from "@/components/ui/button";
import { CopyButton } from "@/components/ui/copy";
import { formatBytes, formatPlural } from "@/components/ui/format";
import { revealHidden, revealHiddenInName } from "@/components/ui/hidden-characters";
import { QueryView } from "@/components/ui/query-view";
import { ScrollRegion } from "@/components/ui/scroll-region";
import type { FileText } from "@/contract/files";
import { downloadAddress } from "./use-files";

/** What browsers draw as an image. The server says what the bytes really are. */
const IMAGE = /\.(png|jpe?g|gif|webp)$/i;

type FileViewProps = { sessionId: string; path: string; onClose: () => void };

/** One file: its text with the numbers of its lines, or its image, or what it is. */
export function FileView({ sessionId, path, onClose }: FileViewProps) {
  const trpc = useTRPC();
  const file = useQuery(trpc.files.read.queryOptions({ sessionId, path }));
  const name = revealHiddenInName(path.slice(path.lastIndexOf("/") + 1));
  const address = downloadAddress(sessionId, { kind: "file", path });
  return (
    <section aria-label={name} className="min-w-0 lg:sticky lg:top-0 lg:border-l">
      <header className="flex min-h-11 flex-wrap items-center gap-x-3 gap-y-1 border-b px-4 py-1.5 text-xs text-ink-2">
        <h2 className="min-w-0 truncate font-mono text-ink" title={name}>
          {name}
        </h2>
        <span className="-ml-2">
          <CopyButton text={path} label="Copy path" />
        </span>
        {file.data !== undefined && <span>{describeFile(file.data)}</span>}
        <span className="ml-auto flex items-center gap-1">
          <a href={address} download className={buttonStyle({ size: "sm" })}>
            <Download aria-hidden className="size-3.5" /> Download
          </a>
          <Button variant="ghost" size="icon-sm" aria-label="Close file" title="Close file" onClick={onClose}>
            <X aria-hidden className="size-4" />
          </Button>
        </span>
      </header>
      <QueryView query={file}>
        {(data) => {
          if (data.text !== null) return <TextLines text={data.text} isCut={data.isCut} name={name} />;
          if (IMAGE.test(path))
            return (
              // biome-ignore lint/performance/noImgElement: the bytes are foreign, and are shown as they are.
              <img
                src={address}
                alt={name}
                className="m-4 max-h-[70vh] max-w-[calc(100%-2rem)] border bg-sunken object-contain"
              />
            );
          return <Note>This file is not text. Download it to open it.</Note>;
        }}
      </QueryView>
    </section>
  );
}

function describeFile({ sizeBytes, isExecutable, text, isCut }: FileText): string {
  const lines = text === null || isCut || text === "" ? [] : [formatPlural(countLines(text), "line")];
  return [...lines, formatBytes(sizeBytes), ...(isExecutable ? ["executable"] : [])].join(" · ");
}

/** A last line without a newline counts too. */
function countLines(text: string): number {
  const newlines = text.split("\n").length - 1;
  return text.endsWith("\n") ? newlines : newlines + 1;
}

function TextLines({ text, isCut, name }: { text: string; isCut: boolean; name: string }) {
  const shown = useMemo(() => revealHidden(text), [text]);
  const numbers = useMemo(() => Array.from({ length: countLines(text) }, (_, index) => index + 1).join("\n"), [text]);
  if (text === "") return <Note>This file is empty.</Note>;
  return (
    <>
      <ScrollRegion
        label={`Text of ${name}`}
        className="flex max-h-[calc(100dvh-14rem)] min-h-24 font-mono text-xs leading-5"
      >
        <pre aria-hidden className="sticky left-0 border-r bg-panel px-2 py-2 text-right text-ink-3 select-none">
          {numbers}
        </pre>
        <pre className="px-3 py-2">{shown}</pre>
      </ScrollRegion>
      {isCut && <Note>Only the beginning is shown. Download the file to see all of it.</Note>}
    </>
  );
}

function Note({ children }: { children: ReactNode }) {
  return <p className="border-t px-4 py-3 text-xs text-ink-2 first:border-t-0">{children}</p>;
}
