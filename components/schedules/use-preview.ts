import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useTRPC } from "@/components/trpc/client";
import { readError } from "@/components/trpc/errors";
import type { SchedulePreview } from "@/contract/schedule";
import { boundsOf, errorsOf, type ScheduleDraft, type ScheduleErrors } from "./draft";

const TYPING_MS = 300;

export type Preview = {
  /** null: nothing is known of it yet, or it is wrong. */
  shown: SchedulePreview | null;
  /** Whether what is shown is of what was typed before. */
  isOld: boolean;
  /** What of the plan is refused. */
  errors: Pick<ScheduleErrors, "cron" | "timeZone" | "startsAt" | "endsAt">;
  /** Why it cannot be told, where the plan is not the reason. */
  other?: string;
};

/** What the server makes of a plan that is being typed, asked for once the typing stops for a moment. */
export function usePreview(draft: Pick<ScheduleDraft, "cron" | "timeZone" | "startsAt" | "endsAt">): Preview {
  const typed = { cron: draft.cron.trim(), timeZone: draft.timeZone.trim(), ...boundsOf(draft) };
  const settledInput = useSettled(JSON.stringify(typed));
  const input = JSON.parse(settledInput.value) as typeof typed;
  const isWhole = input.cron !== "" && input.timeZone !== "";
  const query = useQuery(
    useTRPC().schedules.preview.queryOptions(input, { enabled: isWhole, placeholderData: keepPreviousData }),
  );
  const isOld = !settledInput.isSettled || query.isPlaceholderData;
  if (!isWhole) return { shown: null, isOld, errors: {} };
  if (query.error === null) return { shown: query.data ?? null, isOld, errors: {} };
  const { name: _name, task, ...errors } = errorsOf(readError(query.error));
  return { shown: null, isOld, errors, ...(task.form === undefined ? {} : { other: task.form }) };
}

function useSettled(value: string): { value: string; isSettled: boolean } {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), TYPING_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return { value: settled, isSettled: settled === value };
}
