export { ackCommand } from "./ack";
export { cancelCommand } from "./cancel";
export { getCommand, listCommands, toCommand } from "./command";
export { createCommand } from "./create";
export { finishCommand } from "./finish";
