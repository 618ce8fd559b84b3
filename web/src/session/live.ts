import { type SubscribePayload, createClient } from "graphql-ws";
import type { SubscriptionOperation } from "urql";

const LONGEST_WAIT = 30_000;

interface Events {
  /** The socket was lost and is back: what happened meanwhile was missed. */
  back: () => void;
  /** The server ended a subscription: perhaps the key was revoked. */
  ended: () => void;
}

/** Live updates over graphql-transport-ws. Where the socket is not to be had, the page works without. */
export function liveUpdates(key: string, { back, ended }: Events) {
  const socket = createClient({
    url: `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/graphql`,
    connectionParams: { authorization: `Bearer ${key}` },
    retryAttempts: Infinity,
    retryWait: (tries) => wait(Math.min(1000 * 2 ** tries, LONGEST_WAIT) * (0.5 + Math.random() / 2)),
    shouldRetry: () => true,
    on: { connected: (_socket, _payload, wasRetry) => wasRetry && back() },
  });

  return (operation: SubscriptionOperation) => ({
    subscribe: (sink: Parameters<typeof socket.subscribe>[1]) => {
      let stopped = false;
      const end = () => {
        if (!stopped) ended();
        sink.complete();
      };
      const stop = socket.subscribe(operation as SubscribePayload, {
        next: (value) => sink.next(value as never),
        error: end,
        complete: end,
      });
      return {
        unsubscribe: () => {
          stopped = true;
          stop();
        },
      };
    },
  });
}

function wait(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
