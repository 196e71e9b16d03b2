"use client";
import type { CreateTaskInput } from "@/contract/queue";
import { checkTask } from "./check-task";
import { CheckedJson } from "./checked-json";

type TaskJsonProps = {
  text: string;
  onChange: (text: string) => void;
  onChecked: (input: CreateTaskInput | null) => void;
};

/** A task as JSON. Loaded with its schema when it is asked for. */
export function TaskJson(props: TaskJsonProps) {
  return <CheckedJson {...props} hint="Body of POST /api/v1/queue/tasks." check={checkTask} />;
}
