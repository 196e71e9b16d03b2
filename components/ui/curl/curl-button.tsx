"use client";
import { SquareTerminal } from "lucide-react";
import { Button } from "@/components/ui/button";
import { type Call, copyCurl } from "./curl";

/** Beside what a dialog would do: the same as a call of the API, with what was filled in. */
export function CurlButton({ call }: { call: () => Call }) {
  return (
    <Button variant="ghost" className="mr-auto max-sm:px-2" title="Copy as curl" onClick={() => void copyCurl(call())}>
      <SquareTerminal aria-hidden className="size-4 sm:hidden" />
      <span className="max-sm:sr-only">Copy as curl</span>
    </Button>
  );
}
