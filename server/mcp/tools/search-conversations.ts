import { SearchConversationsInput } from "@/contract/conversation";
import { brief, defineTool, rowLimit } from "@/server/mcp/tool";

export const searchConversationsTool = defineTool({
  name: "search_conversations",
  title: "Search conversations",
  description:
    "Finds sessions by what was said in them: messages of people and agents that contain all words, the newest first; the last word may be the beginning of one. Tool output is not searched. A page with few messages and a cursor is not the end. read_session with a hit's sessionId and runId tells the rest.",
  nature: "reads",
  isForeign: true,
  needs: ["sessions.searchConversations"],
  input: SearchConversationsInput.pick({ text: true, sessionId: true, projectId: true, cursor: true }).extend({
    limit: rowLimit,
  }),
  async run({ api }, input) {
    const { items, cursor } = await api.sessions.searchConversations(input);
    const messages = items.map(({ snippet, ...hit }) => ({
      ...brief(hit, ["sessionId", "title", "runId", "commandId", "seq", "who", "at"]),
      said: snippet.map(({ text }) => text).join(""),
    }));
    return { messages, cursor };
  },
});
