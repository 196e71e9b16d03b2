"use client";
import { Button } from "./button";
import { type Call, copyCurl } from "./curl";

/** Beside what a dialog would do: the same as a call of the API, with what was filled in. */
export function CurlButton({ call }: { call: () => Call }) {
  return (
    <Button look="ghost" className="mr-auto" onClick={() => void copyCurl(call())}>
      Copy as curl
    </Button>
  );
}
