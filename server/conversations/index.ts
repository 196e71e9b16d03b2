export { indexConversations } from "./index-conversations";
export { searchConversations } from "./search";
