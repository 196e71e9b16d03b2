import { checkJson } from "@/components/queue/check-task";
import { CheckedJson } from "@/components/queue/checked-json";
import { ScheduleTask } from "@/contract/schedule";

type ScheduleTaskJsonProps = {
  text: string;
  onChange: (text: string) => void;
  onChecked: (task: ScheduleTask | null) => void;
};

/** The task of a schedule as JSON, as programs send it. Loaded with its schema when it is asked for. */
export function ScheduleTaskJson(props: ScheduleTaskJsonProps) {
  return <CheckedJson {...props} hint="What POST /api/v1/schedules takes as its task." check={check} />;
}

const check = (text: string) => checkJson(ScheduleTask, text);
