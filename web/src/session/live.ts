import { type Client, type SubscribePayload, createClient } from "graphql-ws";
import type { SubscriptionOperation } from "urql";

const LONGEST_WAIT = 30_000;
const NOT_LET_IN = 4403;
/** Asking again would be refused again; the list itself says why. */
const FINAL = ["FORBIDDEN", "NOT_FOUND", "BAD_USER_INPUT", "GRAPHQL_VALIDATION_FAILED", "GRAPHQL_PARSE_FAILED"];

interface Events {
  /** A subscription has begun: what was read before that may be out of date. */
  began: () => void;
  /** The socket was lost and is back: what happened meanwhile was missed. */
  back: () => void;
  /** The server let nobody in, or ended a subscription: perhaps the key was revoked. */
  ended: () => void;
}

/** Live updates over graphql-transport-ws. Where the socket is not to be had, the page works without. */
export function liveUpdates(key: string, { began, back, ended }: Events) {
  const socket = createClient({
    url: `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/graphql`,
    connectionParams: { authorization: `Bearer ${key}` },
    retryAttempts: Infinity,
    retryWait: (tries) => wait(pause(tries)),
    shouldRetry: () => true,
    on: {
      connected: (_socket, _payload, wasRetry) => void (wasRetry && settled(socket).then(back)),
      closed: (event) => (event as CloseEvent).code === NOT_LET_IN && ended(),
    },
  });

  return (operation: SubscriptionOperation) => ({
    subscribe: (sink: Parameters<typeof socket.subscribe>[1]) => ({
      unsubscribe: follow(socket, operation as SubscribePayload, { sink, began, ended }),
    }),
  });
}

interface Following extends Omit<Events, "back"> {
  sink: Parameters<Client["subscribe"]>[1];
}

/** Follows until it is stopped: what the server ends, such as for a reader that was too slow, is begun again. */
function follow(socket: Client, payload: SubscribePayload, { sink, began, ended }: Following): () => void {
  let stopped = false;
  let stop = () => {};
  let ends = 0;

  function begin() {
    let refusal = "";
    const end = () => {
      if (stopped) return;
      if (FINAL.includes(refusal)) return sink.complete();
      ended();
      void wait(pause(ends++)).then(() => stopped || begin());
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
    void settled(socket).then(() => stopped || began());
  }

  begin();
  return () => {
    stopped = true;
    stop();
  };
}

/** Asked after what was subscribed, over the same socket: by its answer the server follows. */
function settled(socket: Client): Promise<void> {
  return new Promise((resolve) => {
    socket.subscribe(
      { query: "{ viewer { organization { id } } }" },
      { next: () => {}, error: () => {}, complete: resolve },
    );
  });
}

function pause(tries: number): number {
  return Math.min(1000 * 2 ** tries, LONGEST_WAIT) * (0.5 + Math.random() / 2);
}

function wait(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
