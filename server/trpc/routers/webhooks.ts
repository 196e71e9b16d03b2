import {
  CreateWebhookInput,
  DeleteWebhookInput,
  DeliveryInput,
  ListDeliveriesInput,
  ListWebhooksInput,
  UpdateWebhookInput,
  WebhookInput,
} from "@/contract/webhook";
import { adminProcedure, router } from "@/server/trpc/init";
import {
  createWebhook,
  deleteWebhook,
  getDelivery,
  listDeliveries,
  listWebhooks,
  readWebhook,
  redeliver,
  redeliverFailed,
  rotateWebhookSecret,
  testWebhook,
  updateWebhook,
} from "@/server/webhooks";

/** For administrators only: an address may itself be the secret that opens the service behind it. */
export const webhooksRouter = router({
  list: adminProcedure
    .input(ListWebhooksInput.prefault({}))
    .query((opts) => listWebhooks(opts.ctx.service, opts.input)),
  get: adminProcedure.input(WebhookInput).query((opts) => readWebhook(opts.ctx.service, opts.input.webhookId)),
  create: adminProcedure.input(CreateWebhookInput).mutation((opts) => createWebhook(opts.ctx.service, opts.input)),
  update: adminProcedure.input(UpdateWebhookInput).mutation((opts) => updateWebhook(opts.ctx.service, opts.input)),
  delete: adminProcedure.input(DeleteWebhookInput).mutation((opts) => deleteWebhook(opts.ctx.service, opts.input)),
  rotateSecret: adminProcedure
    .input(WebhookInput)
    .mutation((opts) => rotateWebhookSecret(opts.ctx.service, opts.input)),
  test: adminProcedure.input(WebhookInput).mutation((opts) => testWebhook(opts.ctx.service, opts.input)),
  deliveries: adminProcedure.input(ListDeliveriesInput).query((opts) => listDeliveries(opts.ctx.service, opts.input)),
  delivery: adminProcedure.input(DeliveryInput).query((opts) => getDelivery(opts.ctx.service, opts.input)),
  redeliver: adminProcedure.input(DeliveryInput).mutation((opts) => redeliver(opts.ctx.service, opts.input)),
  redeliverFailed: adminProcedure.input(WebhookInput).mutation((opts) => redeliverFailed(opts.ctx.service, opts.input)),
});
