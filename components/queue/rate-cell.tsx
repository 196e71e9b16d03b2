"use client";
import dynamic from "next/dynamic";
import { EditCell } from "@/components/ui/edit-cell";
import type { QueueControl } from "@/contract/queue-control";
import { rateWords } from "@/contract/rate";
import { type ControlChange, nameOfPlace } from "./use-control";

const RateField = dynamic(() => import("./rate-field").then((module) => module.RateField), { ssr: false });

type RateCellProps = { control: QueueControl; isFixed: boolean; onChange: (change: ControlChange) => void };

/** How many starts a queue or lane has in which time, changed where it stands. */
export function RateCell({ control, isFixed, onChange }: RateCellProps) {
  const { startsMax, startsWindowSeconds } = control;
  const rate = startsMax === null || startsWindowSeconds === null ? null : { startsMax, startsWindowSeconds };
  const label = `Rate of ${nameOfPlace(control)}`;
  return (
    <EditCell
      {...{ label, isFixed }}
      shown={rate === null ? "none" : rateWords(rate)}
      field={(onEnd) => <RateField {...{ label, rate, onChange, onEnd }} />}
    />
  );
}
