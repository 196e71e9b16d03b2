import type { ChatPreset } from "@/contract/backend";
import { dialectOf } from "@/server/backends";
import { translateRequest } from "@/server/gateway/chat/request";

/** Translates a request's body. */
export const translate = (body: unknown, preset: ChatPreset = "openai-chat") =>
  translateRequest(JSON.stringify(body), dialectOf("p", { preset }));
