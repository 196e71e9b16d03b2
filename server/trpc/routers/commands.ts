import {
  AckCommandInput,
  CancelCommandInput,
  CreateCommandInput,
  FinishCommandInput,
  GetCommandInput,
  ListCommandsInput,
} from "@/contract/command";
import { ackCommand, cancelCommand, createCommand, finishCommand, getCommand, listCommands } from "@/server/commands";
import { operatorProcedure, router, runnerProcedure } from "@/server/trpc/init";

export const commandsRouter = router({
  create: operatorProcedure.input(CreateCommandInput).mutation((opts) => createCommand(opts.ctx.service, opts.input)),
  get: runnerProcedure.input(GetCommandInput).query((opts) => getCommand(opts.ctx.service, opts.input)),
  list: runnerProcedure.input(ListCommandsInput).query((opts) => listCommands(opts.ctx.service, opts.input)),
  ack: runnerProcedure.input(AckCommandInput).mutation((opts) => ackCommand(opts.ctx.service, opts.input)),
  finish: runnerProcedure.input(FinishCommandInput).mutation((opts) => finishCommand(opts.ctx.service, opts.input)),
  cancel: operatorProcedure.input(CancelCommandInput).mutation((opts) => cancelCommand(opts.ctx.service, opts.input)),
});
