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
import { cache } from "./cache";
import { rejectKey } from "./key";
import { liveUpdates } from "./live";

const clients = new Map<string, Client>();
let owner: string | null = null;

/**
 * The client of a key acting for an organization, with a cache of its own: access, visibility and slots depend on who
 * asks, so nothing read for one organization may answer for another.
 */
export function clientFor(key: string, organizationId: string): Client {
  if (owner !== key) clients.clear();
  owner = key;
  const known = clients.get(organizationId);
  if (known) return known;
  const client = build(key);
  clients.set(organizationId, client);
  return client;
}

function build(key: string): Client {
  const client: Client = new Client({
    url: "/graphql",
    preferGetMethod: false,
    fetch: fetchWhole,
    fetchOptions: { headers: { authorization: `Bearer ${key}` } },
    exchanges: [
      mapExchange({ onError: (error) => isUnauthenticated(error) && rejectKey(key) }),
      cache(),
      mapExchange({ onOperation: outliving }),
      fetchExchange,
      subscriptionExchange({
        forwardSubscription: liveUpdates(key, {
          began: () => window.dispatchEvent(new Event("dialtree:following")),
          back: () => window.dispatchEvent(new Event("dialtree:reconnected")),
          ended: () => void client.query(ViewerDocument, {}, { requestPolicy: "network-only" }).toPromise(),
        }) as never,
      }),
    ],
  });
  return client;
}

/** A change that was asked for arrives, also where the tab is reloaded or closed before it is answered. */
function outliving(operation: Operation): Operation {
  if (operation.kind !== "mutation") return operation;
  const { fetchOptions } = operation.context;
  const options = typeof fetchOptions === "function" ? fetchOptions() : fetchOptions;
  return makeOperation("mutation", operation, { ...operation.context, fetchOptions: { ...options, keepalive: true } });
}

/** Browsers refuse to keep alive what is larger. */
const KEPT_ALIVE = 60_000;

/** Reads the answer at once: urql leaves a promise unhandled where a request is dropped while its answer streams in. */
async function fetchWhole(url: RequestInfo | URL, options: RequestInit = {}): Promise<Response> {
  const keepalive = options.keepalive === true && String(options.body).length < KEPT_ALIVE;
  const response = await fetch(url, { ...options, keepalive });
  return new Response(await response.text(), response);
}

export function isUnauthenticated(error: CombinedError): boolean {
  return error.graphQLErrors.some((one) => one.extensions["code"] === "UNAUTHENTICATED");
}
