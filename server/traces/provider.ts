/** Hosts that identify their provider, with OpenTelemetry's name for it. */
const PROVIDERS: Record<string, string> = {
  "api.openai.com": "openai",
  "api.deepseek.com": "deepseek",
  "api.mistral.ai": "mistral_ai",
  "api.groq.com": "groq",
  "api.x.ai": "x_ai",
  "api.perplexity.ai": "perplexity",
  "api.anthropic.com": "anthropic",
  "api.cohere.ai": "cohere",
  "api.cohere.com": "cohere",
  "generativelanguage.googleapis.com": "gcp.gemini",
};

/** Returns who serves a profile's model; null: the address does not show it, as for a proxy. */
export function providerOf(baseUrl: string | undefined): string | null {
  if (baseUrl === undefined || !URL.canParse(baseUrl)) return null;
  const { hostname } = new URL(baseUrl);
  if (hostname.endsWith(".openai.azure.com")) return "azure.ai.openai";
  return PROVIDERS[hostname] ?? null;
}
