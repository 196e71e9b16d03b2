export function markInUse(build: string): void;
export function pruneBuilds(current: string | undefined, root?: string): void;
