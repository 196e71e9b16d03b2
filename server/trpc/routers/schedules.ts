import {
  CreateScheduleInput,
  DeleteScheduleInput,
  ListFiringsInput,
  ListSchedulesInput,
  PreviewScheduleInput,
  ScheduleInput,
  TriggerScheduleInput,
  UpdateScheduleInput,
} from "@/contract/schedule";
import {
  createSchedule,
  deleteSchedule,
  listFirings,
  listSchedules,
  previewSchedule,
  readSchedule,
  triggerSchedule,
  updateSchedule,
} from "@/server/schedules";
import { operatorProcedure, router, viewerProcedure } from "@/server/trpc/init";

export const schedulesRouter = router({
  list: viewerProcedure
    .input(ListSchedulesInput.prefault({}))
    .query((opts) => listSchedules(opts.ctx.service, opts.input)),
  get: viewerProcedure.input(ScheduleInput).query((opts) => readSchedule(opts.ctx.service, opts.input.scheduleId)),
  create: operatorProcedure.input(CreateScheduleInput).mutation((opts) => createSchedule(opts.ctx.service, opts.input)),
  update: operatorProcedure.input(UpdateScheduleInput).mutation((opts) => updateSchedule(opts.ctx.service, opts.input)),
  delete: operatorProcedure.input(DeleteScheduleInput).mutation((opts) => deleteSchedule(opts.ctx.service, opts.input)),
  trigger: operatorProcedure
    .input(TriggerScheduleInput)
    .mutation((opts) => triggerSchedule(opts.ctx.service, opts.input)),
  preview: viewerProcedure.input(PreviewScheduleInput).query((opts) => previewSchedule(opts.ctx.service, opts.input)),
  firings: viewerProcedure.input(ListFiringsInput).query((opts) => listFirings(opts.ctx.service, opts.input)),
});
