import { SupervisorMessage, type WorkerMessage } from "@/contract/supervisor";

/** Messages to the supervisor and back. */
export interface SupervisorChannel {
  send(message: WorkerMessage): Promise<void>;
  onMessage(listener: (message: SupervisorMessage) => void): () => void;
}

/** Opens the channel that Node provides between this process and the supervisor that started it. */
export function openSupervisorChannel(): SupervisorChannel {
  if (!process.send) throw new Error("This process was not started by the supervisor: local runners need it.");
  return {
    send: (message) =>
      new Promise((resolve, reject) => {
        if (!process.send || !process.connected) return reject(new Error("The supervisor is gone."));
        process.send(message, undefined, undefined, (error) => (error ? reject(error) : resolve()));
      }),
    onMessage(listener) {
      const receive = (message: unknown) => {
        const parsed = SupervisorMessage.safeParse(message);
        if (parsed.success) listener(parsed.data);
      };
      process.on("message", receive);
      return () => void process.off("message", receive);
    },
  };
}
