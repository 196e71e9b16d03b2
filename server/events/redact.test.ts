import { expect, test } from "vitest";
import { TOKEN_PREFIX } from "@/server/identity";
import { redactText } from "./redact";

test.each(["ara_", "aro_", "ars_", "arl_", "art_", "arm_", ...Object.values(TOKEN_PREFIX)])(
  "a token of AgentRun's own is redacted: %s",
  (prefix) => {
    expect(redactText(`before ${prefix}${"A".repeat(43)} after`)).toBe("before [redacted] after");
  },
);
