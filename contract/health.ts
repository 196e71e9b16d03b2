import { z } from "zod";

export const Health = z.object({
  adapter: z.literal("postgresql"),
  ready: z.boolean(),
  reachable: z.boolean(),
  migrationReady: z.boolean(),
  migrationId: z.string().nullable(),
  failureKind: z.string().nullable(),
  message: z.string().nullable(),
  credentialValuesPrinted: z.literal(false),
});
export type Health = z.infer<typeof Health>;
