import type { ShownError } from "@/components/trpc/errors";
import { issuesOf } from "@/components/trpc/issues";
import type { Budget, CreateBudgetInput, UpdateBudgetInput } from "@/contract/budget";
import { BUDGET_TOKENS, type BudgetAction, type BudgetPeriodKind } from "@/contract/words";
import { readAmount } from "./raise";

/** What of a budget a person says; figures as they are typed. */
export type BudgetDraft = {
  name: string;
  /** Of whoever sees all tenants: whether it is of all of them together. */
  isAllTenants: boolean;
  tenant: string;
  project: string;
  /** Empty: every profile. */
  profile: string;
  period: BudgetPeriodKind;
  as: "money" | "tokens";
  currency: string;
  limit: string;
  warn: string;
  action: BudgetAction;
};

/** Its currency is chosen by what calls have prices in. */
export const NEW_DRAFT: Omit<BudgetDraft, "currency"> & { currency: null } = {
  ...{ name: "", isAllTenants: true, tenant: "", project: "", profile: "", period: "month" },
  ...{ as: "money", currency: null, limit: "", warn: "80", action: "hold" },
};

/** What a budget is of, its period and its unit stay as they are. */
type ChangedDraft = Pick<BudgetDraft, "name" | "limit" | "warn" | "action">;
type BudgetFault = { limit?: string; warn?: string; tenant?: string; currency?: string };

/** A budget as it is, to be changed. */
export function draftOf({ name, limit, warnPercent, action }: Budget): ChangedDraft {
  return { name, limit: String(limit), warn: warnPercent === null ? "" : String(warnPercent), action };
}

const WARN = "Enter a whole number from 1 to 99.";

/** undefined: it is none. */
function readWarn(typed: string): number | null | undefined {
  const text = typed.trim();
  if (text === "") return null;
  return /^[1-9]\d?$/.test(text) ? Number(text) : undefined;
}

/** What is asked for to make it, null where something of it cannot be; the rest is the server's to judge. */
export function createInputOf(draft: BudgetDraft, seesAll: boolean): DraftResult {
  const { period, action } = draft;
  const unit = draft.as === "tokens" ? BUDGET_TOKENS : draft.currency.trim().toUpperCase();
  const { limit, warnPercent, faults } = amountsOf(draft);
  const tenant = draft.tenant.trim();
  if (seesAll && !draft.isAllTenants && tenant === "") faults.tenant = "Enter a tenant.";
  if (!/^([A-Z]{3}|tokens)$/.test(unit)) faults.currency = "Enter a three-letter currency, such as USD.";
  if (limit === null || warnPercent === undefined || Object.keys(faults).length > 0) return { input: null, faults };
  const input = {
    name: draft.name.trim(),
    ...(seesAll && !draft.isAllTenants ? { tenantId: tenant } : {}),
    ...(draft.project.trim() === "" ? {} : { projectId: draft.project.trim() }),
    ...(draft.profile === "" ? {} : { backendProfile: draft.profile }),
    ...{ period, unit, limit, warnPercent, action },
  };
  return { input, faults };
}
type DraftResult = { input: CreateBudgetInput | null; faults: BudgetFault };

function amountsOf(draft: ChangedDraft) {
  const limit = readAmount(draft.limit);
  const warnPercent = readWarn(draft.warn);
  const faults: BudgetFault = {
    ...(limit === null ? { limit: "Enter an amount, such as 12.50." } : {}),
    ...(warnPercent === undefined ? { warn: WARN } : {}),
  };
  return { limit, warnPercent, faults };
}

export type BudgetChange = Omit<UpdateBudgetInput, "budgetId" | "expectedVersion">;

/** What differs from the budget as it was seen, and nothing else; or what of it cannot be. */
export function changeOf(loaded: Budget, draft: ChangedDraft): { change: BudgetChange; faults: BudgetFault } {
  const { limit, warnPercent, faults } = amountsOf(draft);
  const name = draft.name.trim();
  const change = {
    ...(name === loaded.name ? {} : { name }),
    ...(limit === null || limit === loaded.limit ? {} : { limit }),
    ...(warnPercent === undefined || warnPercent === loaded.warnPercent ? {} : { warnPercent }),
    ...(draft.action === loaded.action ? {} : { action: draft.action }),
  };
  return { change, faults };
}

/** A draft beside a budget that was changed meanwhile: what the other has changed as it is now, the rest as it was typed. */
export function rebased(draft: ChangedDraft, loaded: Budget, now: Budget): ChangedDraft {
  const other = draftOf(now);
  return {
    name: now.name === loaded.name ? draft.name : other.name,
    limit: now.limit === loaded.limit ? draft.limit : other.limit,
    warn: now.warnPercent === loaded.warnPercent ? draft.warn : other.warn,
    action: now.action === loaded.action ? draft.action : other.action,
  };
}

const FIELD_OF = {
  name: "name",
  tenantId: "tenant",
  projectId: "project",
  backendProfile: "profile",
  unit: "currency",
  limit: "limit",
  warnPercent: "warn",
} as const;
export type BudgetErrors = Partial<Record<(typeof FIELD_OF)[keyof typeof FIELD_OF] | "form", string>>;

/** What the server refused, by the field that it is about; `form` holds what is about none. */
export function errorsOf(error: ShownError | null): BudgetErrors {
  if (error === null) return {};
  if (error.reason === "already-exists") return { name: error.message };
  const issues = issuesOf(error);
  // What only the stored budget tells to be wrong names its field first: `limit: …`.
  const [, path = "", message = ""] = /^(\w+): (.+)$/s.exec(error.message) ?? [];
  if (issues.length === 0)
    return path in FIELD_OF ? { [FIELD_OF[path as keyof typeof FIELD_OF]]: message } : { form: error.message };
  const errors: BudgetErrors = {};
  for (const { path, message } of issues) {
    const field = FIELD_OF[path as keyof typeof FIELD_OF];
    if (field === undefined) errors.form ??= `${path}: ${message}`;
    else errors[field] ??= message;
  }
  return errors;
}
