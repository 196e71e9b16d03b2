import { checkJson } from "@/components/queue/add/check-task";
import { CheckedJson } from "@/components/queue/add/checked-json";
import { ScheduleTask } from "@/contract/schedule";

type ScheduleTaskJsonProps = {
  text: string;
  onChange: (text: string) => void;
  onChecked: (task: ScheduleTask | null) => void;
};

/** The task of a schedule as JSON, as programs send it. Loaded with its schema when it is asked for. */
export function ScheduleTaskJson(props: ScheduleTaskJsonProps) {
  return <CheckedJson {...props} hint="The task in the body of POST /api/v1/schedules." check={check} />;
}

const check = (text: string) => checkJson(ScheduleTask, text);
