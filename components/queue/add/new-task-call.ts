import type { Call } from "@/components/ui/curl/curl";
import { DEMO_PROFILE } from "@/contract/words";

/** An example of how programs add a task, which works as it is. */
export const NEW_TASK_CALL: Call = {
  ...{ method: "POST", path: "/queue/tasks" },
  body: { title: "A name for it", backendProfile: DEMO_PROFILE, payload: { text: "Say hello" } },
};
