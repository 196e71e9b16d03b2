"use client";
import dynamic from "next/dynamic";
import { EditCell } from "./edit-cell";

const LimitField = dynamic(() => import("./limit-field").then((module) => module.LimitField), { ssr: false });

type LimitCellProps = {
  /** What the figure is, with the place that it is of: `Running at once in ci`. */
  label: string;
  value: number | null;
  none: string;
  isFixed: boolean;
  min: number;
  isWhole?: boolean;
  onChange: (value: number | null) => void;
};

/** A figure that becomes a field when it is pressed: Enter keeps what is typed, Escape what was there, empty takes it away. */
export function LimitCell({ isFixed, ...rest }: LimitCellProps) {
  const { label, value, none } = rest;
  const shown = value === null ? none : value.toLocaleString("en");
  return <EditCell {...{ label, shown, isFixed }} field={(onEnd) => <LimitField {...rest} onEnd={onEnd} />} />;
}
