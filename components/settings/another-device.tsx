"use client";
import dynamic from "next/dynamic";
import { useState } from "react";
import { Button } from "@/components/ui/button";
import { Panel } from "@/components/ui/page";

const SignInLinkDialog = dynamic(() => import("./sign-in-link").then((module) => module.SignInLinkDialog), {
  ssr: false,
});

/** The way in for a phone or another browser of the same person. */
export function AnotherDevice() {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <Panel title="Other devices">
      <div className="flex flex-wrap items-center justify-between gap-3 p-4 text-xs text-ink-2">
        <p className="min-w-0 flex-1 basis-40">Sign in on your phone or in another browser with a one-time link.</p>
        <Button size="sm" onClick={() => setIsOpen(true)}>
          Sign in another device
        </Button>
      </div>
      {isOpen && <SignInLinkDialog onClose={() => setIsOpen(false)} />}
    </Panel>
  );
}
