import { z } from "zod";

export const ROLES = ["viewer", "operator", "admin"] as const;

/** Who the caller is; a null tenant means every tenant. */
export const Identity = z.object({ name: z.string(), role: z.enum(ROLES), tenantId: z.string().nullable() });
export type Identity = z.infer<typeof Identity>;

export const SignInInput = z.strictObject({ token: z.string().min(1).max(512) });
export type SignInInput = z.infer<typeof SignInInput>;
