import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

export type Metrics = ReturnType<typeof createMetrics>;

/**
 * Creates the metrics that Prometheus reads at `/metrics`. Labels come from small fixed sets: never an id, never a
 * tenant.
 */
export function createMetrics() {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  return {
    registry,
    requests: new Counter({
      name: "agentrun_http_requests_total",
      help: "Requests answered",
      labelNames: ["route", "status"],
      registers,
    }),
    requestSeconds: new Histogram({
      name: "agentrun_http_request_seconds",
      help: "Time to the answer's end, streams left out",
      labelNames: ["route"],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
      registers,
    }),
    streams: new Gauge({ name: "agentrun_open_streams", help: "Event streams open in this process", registers }),
    events: new Counter({
      name: "agentrun_events_stored_total",
      help: "Runs' new events, counted at each commit",
      registers,
    }),
    modelRequests: new Counter({
      name: "agentrun_model_requests_total",
      help: "Requests to models",
      labelNames: ["profile", "outcome"],
      registers,
    }),
    modelTokens: new Counter({
      name: "agentrun_model_tokens_total",
      help: "Tokens that models counted; cached input is a part of the input, reasoning of the output",
      labelNames: ["profile", "direction"],
      registers,
    }),
    modelCalls: new Counter({
      name: "agentrun_model_calls_total",
      help: "Calls to models that have ended",
      labelNames: ["profile", "outcome"],
      registers,
    }),
    modelCostMicros: new Counter({
      name: "agentrun_model_cost_micros_total",
      help: "What calls to models cost, in millionths of the currency",
      labelNames: ["profile", "currency"],
      registers,
    }),
    modelFirstByteSeconds: new Histogram({
      name: "agentrun_model_first_byte_seconds",
      help: "Time from an agent's request to the first byte of its model's answer",
      labelNames: ["profile"],
      buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120],
      registers,
    }),
    modelCallsLost: new Counter({
      name: "agentrun_model_calls_lost_total",
      help: "Calls to models that could not be stored and are in no sum",
      registers,
    }),
    runs: new Gauge({ name: "agentrun_runs", help: "Open runs by status", labelNames: ["status"], registers }),
    tasks: new Gauge({ name: "agentrun_queue_tasks", help: "Queue tasks by state", labelNames: ["state"], registers }),
    orphanJobs: new Gauge({
      name: "agentrun_orphan_jobs",
      help: "Runners that belong to no live attempt and are not ended yet",
      registers,
    }),
    pendingDeliveries: new Gauge({
      name: "agentrun_webhook_deliveries_pending",
      help: "Webhooks' deliveries that have not arrived and are not given up",
      registers,
    }),
    needs: new Gauge({
      name: "agentrun_needs_person",
      help: "What only a person can move on, by kind, as the overview counts it: at most 1,000 of a kind",
      labelNames: ["kind"],
      registers,
    }),
    loopPasses: new Gauge({
      name: "agentrun_loop_last_pass_timestamp_seconds",
      help: "When a background loop last finished a pass, in seconds since 1970",
      labelNames: ["loop"],
      registers,
    }),
    oldestWaitSeconds: new Gauge({
      name: "agentrun_queue_oldest_wait_seconds",
      help: "How long the task that has been due longest has not started; 0 when none is due",
      registers,
    }),
    waitSeconds: new Gauge({
      name: "agentrun_queue_wait_seconds",
      help: "How long the tasks that started within the last hour had waited, the newest 200 of them",
      labelNames: ["quantile"],
      registers,
    }),
    runners: new Gauge({ name: "agentrun_runners", help: "Runners that are live", registers }),
    runnersMax: new Gauge({ name: "agentrun_runners_max", help: "Runners that may be live at once", registers }),
    reachedBudgets: new Gauge({
      name: "agentrun_budgets_reached",
      help: "Budgets that are reached in the period that is under way, each session's apart",
      registers,
    }),
    traceSpans: new Counter({
      name: "agentrun_trace_spans_total",
      help: "Spans of traces that a collector took, took and did not keep, or did not take",
      labelNames: ["outcome"],
      registers,
    }),
    tracesBehindSeconds: new Gauge({
      name: "agentrun_traces_behind_seconds",
      help: "For how long what has ended waits to be sent to the collector of traces; 0 where none is named",
      registers,
    }),
    overdueSchedules: new Gauge({
      name: "agentrun_schedules_overdue",
      help: "Schedules that are due for more than a minute and that no worker has come to",
      registers,
    }),
    poolConnections: new Gauge({
      name: "agentrun_db_connections",
      help: "Connections of this process's pool",
      labelNames: ["state"],
      registers,
    }),
    databaseUp: new Gauge({
      name: "agentrun_database_up",
      help: "1 when the database answers and is migrated",
      registers,
    }),
  };
}
