import {
  Client,
  type CombinedError,
  type Operation,
  fetchExchange,
  makeOperation,
  mapExchange,
  subscriptionExchange,
} from "urql";
import { ViewerDocument } from "../generated/graphql";
import { createCache } from "./cache";
import { rejectKey } from "./apiKey";
import { createSubscriptions } from "./subscriptions";

const clients = new Map<string, Client>();
let currentKey: string | null = null;

/**
 * Returns the client of a key that acts for an organization. Each has a cache of its own, since access, visibility and
 * slots depend on the acting organization.
 */
export function clientFor(key: string, organizationId: string): Client {
  if (currentKey !== key) clients.clear();
  currentKey = key;
  const known = clients.get(organizationId);
  if (known) return known;
  const client = createClient(key);
  clients.set(organizationId, client);
  return client;
}

function createClient(key: string): Client {
  const client: Client = new Client({
    url: "/graphql",
    preferGetMethod: false,
    fetch: fetchBuffered,
    fetchOptions: { headers: { authorization: `Bearer ${key}` } },
    exchanges: [
      mapExchange({ onError: (error) => isUnauthenticated(error) && rejectKey(key) }),
      createCache(),
      mapExchange({ onOperation: withKeepalive }),
      fetchExchange,
      subscriptionExchange({
        forwardSubscription: subscriptionsFor(key, () => client).forward as never,
      }),
    ],
  });
  return client;
}

function subscriptionsFor(key: string, client: () => Client) {
  return createSubscriptions(key, {
    onSubscribed: () => window.dispatchEvent(new Event("dialtree:subscribed")),
    onReconnected: () => window.dispatchEvent(new Event("dialtree:reconnected")),
    onEnded: () => void client().query(ViewerDocument, {}, { requestPolicy: "network-only" }).toPromise(),
  });
}

/** Opens the key's socket before anything is subscribed to, so that the page notices a lost server. */
export function openSocket(key: string): void {
  subscriptionsFor(key, () => clientFor(key, "own")).open();
}

/** Sends mutations with keepalive, so that they arrive even if the tab is closed. */
function withKeepalive(operation: Operation): Operation {
  if (operation.kind !== "mutation") return operation;
  const { fetchOptions } = operation.context;
  const options = typeof fetchOptions === "function" ? fetchOptions() : fetchOptions;
  return makeOperation("mutation", operation, { ...operation.context, fetchOptions: { ...options, keepalive: true } });
}

/** Browsers refuse keepalive for larger bodies. */
const MAX_KEEPALIVE_BYTES = 60_000;

/** Buffers the response: urql leaves a rejected promise unhandled when a request is aborted while its body streams. */
async function fetchBuffered(url: RequestInfo | URL, options: RequestInit = {}): Promise<Response> {
  const keepalive = options.keepalive === true && String(options.body).length < MAX_KEEPALIVE_BYTES;
  const response = await fetch(url, { ...options, keepalive });
  return new Response(await response.text(), response);
}

export function isUnauthenticated(error: CombinedError): boolean {
  return error.graphQLErrors.some((one) => one.extensions["code"] === "UNAUTHENTICATED");
}
