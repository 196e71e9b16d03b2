export { ackCommand } from "./ack";
export { cancelCommand } from "./cancel";
export { getCommand, listCommands, toCommand } from "./command";
export { createCommand } from "./create";
export { type CommandEnd, endCommand } from "./end-command";
export { finishCommand } from "./finish";
