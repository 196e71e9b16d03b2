import {
  AckCommandInput,
  CancelCommandInput,
  CreateCommandInput,
  FinishCommandInput,
  GetCommandInput,
  ListCommandsInput,
} from "@/contract/command";
import { WatchRunInput } from "@/contract/watch";
import { ackCommand, cancelCommand, createCommand, finishCommand, getCommand, listCommands } from "@/server/commands";
import { watchCommands } from "@/server/live";
import { operatorProcedure, router, runnerProcedure } from "@/server/trpc/init";
import { asStream, trackAll } from "@/server/trpc/watch";

export const commandsRouter = router({
  create: operatorProcedure.input(CreateCommandInput).mutation((opts) => createCommand(opts.ctx.service, opts.input)),
  get: runnerProcedure.input(GetCommandInput).query((opts) => getCommand(opts.ctx.service, opts.input)),
  list: runnerProcedure.input(ListCommandsInput).query((opts) => listCommands(opts.ctx.service, opts.input)),
  watch: runnerProcedure
    .input(WatchRunInput)
    .subscription((opts) =>
      asStream(opts, ({ ctx, live, signal }) =>
        trackAll(watchCommands(ctx, live, opts.input, signal), (entry) => entry.command),
      ),
    ),
  ack: runnerProcedure.input(AckCommandInput).mutation((opts) => ackCommand(opts.ctx.service, opts.input)),
  finish: runnerProcedure.input(FinishCommandInput).mutation((opts) => finishCommand(opts.ctx.service, opts.input)),
  cancel: operatorProcedure.input(CancelCommandInput).mutation((opts) => cancelCommand(opts.ctx.service, opts.input)),
});
