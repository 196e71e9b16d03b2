export { cancelTask } from "./cancel-task";
export { queueCommander } from "./commander";
export { createTask } from "./create-task";
export { getTask } from "./get-task";
export { listTasks } from "./list-tasks";
export { markTaskRead } from "./mark-task-read";
export { queueStats } from "./stats";
export { updateAttempt } from "./update-attempt";
