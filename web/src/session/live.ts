import { type SubscribePayload, createClient } from "graphql-ws";
import type { SubscriptionOperation } from "urql";

/** Live updates over graphql-transport-ws. Where the socket is not to be had, the page works without. */
export function liveUpdates(key: string, whenBack: () => void) {
  const socket = createClient({
    url: `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/graphql`,
    connectionParams: { authorization: `Bearer ${key}` },
    retryAttempts: 8,
    shouldRetry: () => true,
    on: { connected: (_socket, _payload, wasRetry) => wasRetry && whenBack() },
  });
  const forward = (operation: SubscriptionOperation) => ({
    subscribe: (sink: Parameters<typeof socket.subscribe>[1]) => ({
      unsubscribe: socket.subscribe(operation as SubscribePayload, {
        next: (value) => sink.next(value as never),
        error: () => sink.complete(),
        complete: () => sink.complete(),
      }),
    }),
  });
  return { forward, close: () => void socket.dispose() };
}
