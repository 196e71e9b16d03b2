"use client";
import { Check, Copy } from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";
import { toast } from "sonner";
import { Button } from "./button";
import { shortenId } from "./format";
import { revealHidden } from "./hidden-characters";

/** Copies a text and says that it did. */
export function CopyButton({ text, label }: { text: string | (() => string); label: string }) {
  const [isCopied, setIsCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) return;
    const timer = setTimeout(() => setIsCopied(false), 1_500);
    return () => clearTimeout(timer);
  }, [isCopied]);
  return (
    <Button
      variant="ghost"
      size="icon-sm"
      className="-my-1 size-6 align-middle"
      aria-label={isCopied ? "Copied" : label}
      title={label}
      onClick={(event) => {
        event.stopPropagation();
        void copyText(typeof text === "string" ? text : text()).then(() => setIsCopied(true));
      }}
    >
      {isCopied ? <Check aria-hidden className="size-3" /> : <Copy aria-hidden className="size-3" />}
    </Button>
  );
}

/** A button in words that copies a text, and says so in a toast. */
export function CopyTextButton({
  text,
  copiedMessage,
  children,
}: {
  text: () => string;
  copiedMessage: string;
  children: ReactNode;
}) {
  return (
    <Button variant="ghost" size="sm" onClick={() => void copyText(text()).then(() => toast.success(copiedMessage))}>
      <Copy aria-hidden className="size-3.5" /> {children}
    </Button>
  );
}

/** A page that came by plain HTTP is given no clipboard: there, what is selected is copied. */
export async function copyText(text: string): Promise<void> {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = document.createElement("textarea");
  area.value = text;
  area.style.position = "fixed";
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}

/** An id, shortened in the middle, whole on hover and when copied. */
export function Id({ id }: { id: string }) {
  return (
    <span className="inline-flex max-w-full items-center gap-0.5 font-mono text-xs">
      <span title={revealHidden(id)} className="truncate">
        {shortenId(id)}
      </span>
      <CopyButton text={id} label={`Copy ${revealHidden(id)}`} />
    </span>
  );
}
