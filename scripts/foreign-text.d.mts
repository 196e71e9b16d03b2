export type ForeignText = { line: number; start: number; end: number; text: string };
export function findForeignText(name: string, source: string): ForeignText[];
