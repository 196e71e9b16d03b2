import {
  BudgetInput,
  BudgetsOfSessionInput,
  CreateBudgetInput,
  DeleteBudgetInput,
  ListBudgetPeriodsInput,
  ListBudgetsInput,
  RaiseBudgetInput,
  UpdateBudgetInput,
} from "@/contract/budget";
import {
  budgetsOfSession,
  createBudget,
  deleteBudget,
  listBudgetPeriods,
  listBudgets,
  raiseBudget,
  readBudget,
  updateBudget,
} from "@/server/budgets";
import { adminProcedure, operatorProcedure, router, viewerProcedure } from "@/server/trpc/init";

export const budgetsRouter = router({
  list: viewerProcedure.input(ListBudgetsInput.prefault({})).query((opts) => listBudgets(opts.ctx.service, opts.input)),
  get: viewerProcedure.input(BudgetInput).query((opts) => readBudget(opts.ctx.service, opts.input.budgetId)),
  create: adminProcedure.input(CreateBudgetInput).mutation((opts) => createBudget(opts.ctx.service, opts.input)),
  update: adminProcedure.input(UpdateBudgetInput).mutation((opts) => updateBudget(opts.ctx.service, opts.input)),
  delete: adminProcedure.input(DeleteBudgetInput).mutation((opts) => deleteBudget(opts.ctx.service, opts.input)),
  // Any operator who is there when agents wait may let them go on until the period ends; the audit log says who did.
  raise: operatorProcedure.input(RaiseBudgetInput).mutation((opts) => raiseBudget(opts.ctx.service, opts.input)),
  periods: viewerProcedure
    .input(ListBudgetPeriodsInput)
    .query((opts) => listBudgetPeriods(opts.ctx.service, opts.input)),
  ofSession: viewerProcedure
    .input(BudgetsOfSessionInput)
    .query((opts) => budgetsOfSession(opts.ctx.service, opts.input.sessionId)),
});
