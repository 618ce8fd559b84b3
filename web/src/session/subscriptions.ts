import type { Client, SubscribePayload } from "graphql-ws";
import type { SubscriptionOperation } from "urql";
import { backoff, socketFor, delay } from "./socket";

const FORBIDDEN_CLOSE_CODE = 4403;
/** Errors that another attempt would meet again. The list shows the reason. */
const FINAL_CODES = ["FORBIDDEN", "NOT_FOUND", "BAD_USER_INPUT", "GRAPHQL_VALIDATION_FAILED", "GRAPHQL_PARSE_FAILED"];

interface SubscriptionEvents {
  /** A subscription has started: data read before may be out of date. */
  onSubscribed: () => void;
  /** The socket has reconnected: events in between were missed. */
  onReconnected: () => void;
  /** The server refused the connection or ended a subscription: the key may have been revoked. */
  onEnded: () => void;
}

/** Creates the subscription transport over graphql-transport-ws. The page works without it too. */
export function createSubscriptions(key: string, { onSubscribed, onReconnected, onEnded }: SubscriptionEvents) {
  const socket = (): Client =>
    socketFor(
      key,
      (_socket, _payload, wasRetry) => void (wasRetry && roundTrip(socket()).then(onReconnected)),
      (event) => (event as CloseEvent).code === FORBIDDEN_CLOSE_CODE && onEnded(),
    );

  return {
    open: socket,
    forward: (operation: SubscriptionOperation) => ({
      subscribe: (sink: Parameters<Client["subscribe"]>[1]) => ({
        unsubscribe: subscribeUntilStopped(socket(), operation as SubscribePayload, { sink, onSubscribed, onEnded }),
      }),
    }),
  };
}

interface SubscribeOptions extends Omit<SubscriptionEvents, "onReconnected"> {
  sink: Parameters<Client["subscribe"]>[1];
}

/** Subscribes, and resubscribes when the server ends the stream, such as for a slow reader. Returns the unsubscribe function. */
function subscribeUntilStopped(
  socket: Client,
  payload: SubscribePayload,
  { sink, onSubscribed, onEnded }: SubscribeOptions,
): () => void {
  let stopped = false;
  let stop = () => {};
  let ends = 0;

  function begin() {
    let refusal = "";
    const end = () => {
      if (stopped) return;
      if (FINAL_CODES.includes(refusal)) return sink.complete();
      onEnded();
      void delay(backoff(ends++)).then(() => stopped || begin());
    };
    stop = socket.subscribe(payload, {
      next: (value) => {
        refusal = String(value.errors?.[0]?.extensions?.["code"] ?? "");
        if (!refusal) ends = 0;
        sink.next(value);
      },
      error: (errors) => {
        refusal = Array.isArray(errors) ? String(errors[0]?.extensions?.code ?? "") : "";
        end();
      },
      complete: end,
    });
    void roundTrip(socket).then(() => stopped || onSubscribed());
  }

  begin();
  return () => {
    stopped = true;
    stop();
  };
}

/** Sends a query after the subscription on the same socket: once it is answered, the subscription has started. */
function roundTrip(socket: Client): Promise<void> {
  return new Promise((resolve) => {
    socket.subscribe(
      { query: "{ viewer { organization { id } } }" },
      { next: () => {}, error: () => {}, complete: resolve },
    );
  });
}
