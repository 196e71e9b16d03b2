/** Under which every command of a run is cached. */
export function commandsKey(runId: string): readonly unknown[] {
  return ["run-commands", runId];
}

/** How many commands are read at once. */
export const COMMANDS_PAGE = 100;
