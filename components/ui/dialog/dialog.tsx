"use client";
import dynamic from "next/dynamic";
import { type ReactNode, type RefObject, useEffect, useState } from "react";
import { DialogLoading } from "./dialog-loading";

/** What every dialog is made of. */
export const loadDialog = () => import("./dialog-popup").then((module) => module.DialogPopup);
const DialogPopup = dynamic(loadDialog, {
  ssr: false,
  loading: DialogLoading,
});

export type DialogProps = {
  isOpen: boolean;
  onOpenChange: (isOpen: boolean) => void;
  title: string;
  description?: ReactNode;
  children: ReactNode;
  className?: string;
  /** What gets the focus first; the first field where it is left out. */
  initialFocus?: RefObject<HTMLElement | null>;
};

/** A modal dialog. What it is made of is loaded when one is first opened: no page waits for it. */
export function Dialog(props: DialogProps) {
  const [wasOpen, setWasOpen] = useState(props.isOpen);
  useEffect(() => {
    if (props.isOpen) setWasOpen(true);
  }, [props.isOpen]);
  // It stays when it is closed, so that it can fade.
  return props.isOpen || wasOpen ? <DialogPopup {...props} /> : null;
}
