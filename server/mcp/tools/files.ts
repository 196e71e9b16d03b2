import { z } from "zod";
import { ListFilesInput, ReadFileInput } from "@/contract/files";
import { brief, cut, defineTool, rowLimit } from "@/server/mcp/tool";

const CHARS_DEFAULT = 12_000;
const CHARS_MAX = 50_000;

export const listFilesTool = defineTool({
  name: "list_files",
  title: "List a session's files",
  description:
    "Lists a folder of a session's workspace as its last archived turn left it, folders first: what the agent made, whether or not anything of it still runs. Without a path, the workspace itself. `archive.isCurrent` false: a later turn is not archived yet.",
  nature: "reads",
  isForeign: true,
  needs: ["files.list"],
  input: ListFilesInput.pick({ sessionId: true, path: true, cursor: true }).extend({ limit: rowLimit }),
  async run({ api }, input) {
    const { archive, items, cursor } = await api.files.list(input);
    return {
      archive: archive === null ? null : brief(archive, ["archivedAt", "runId", "isCurrent", "omittedCount"]),
      files: items.map((item) => brief(item, ["path", "kind", "sizeBytes", "filesCount", "target"])),
      cursor,
    };
  },
});

export const readFileTool = defineTool({
  name: "read_file",
  title: "Read a file of a session",
  description:
    "Reads a text file of a session's workspace as its last archived turn left it, from its beginning. A file that is no text is answered without one.",
  nature: "reads",
  isForeign: true,
  needs: ["files.read"],
  input: ReadFileInput.extend({
    maxChars: z.int().min(1_000).max(CHARS_MAX).default(CHARS_DEFAULT).describe("Characters of the text, about."),
  }),
  async run({ api }, { maxChars, ...input }) {
    const { archive, text, ...file } = await api.files.read(input);
    return {
      archive: brief(archive, ["archivedAt", "runId", "isCurrent"]),
      ...brief(file, ["path", "sizeBytes", "isCut"]),
      ...(text === null ? { isText: false } : { text: cut(text, maxChars) }),
    };
  },
});
