import { createGraphiQLFetcher, type Fetcher } from "@graphiql/toolkit";
import { type DocumentNode, Kind, parse } from "graphql";
import { createClient } from "graphql-ws";

/**
 * Creates a fetcher that sends the key: subscriptions over a WebSocket, everything else over HTTP. The operation's name is
 * read from the query, since GraphiQL updates it only after a pause, too late for an example that is run at once.
 */
export function createFetcher(apiKey: string): Fetcher {
  const authorization = `Bearer ${apiKey}`;
  const socket = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/graphql`;
  const send = createGraphiQLFetcher({
    url: "/graphql",
    headers: { authorization },
    wsClient: createClient({ url: socket, connectionParams: { authorization } }),
  });
  return (params, options) => {
    const documentAST = tryParse(params.query);
    if (!documentAST) return send(params, options);
    const operationName = operationNameOf(documentAST, params.operationName);
    return send({ ...params, ...(operationName && { operationName }) }, { ...options, documentAST });
  };
}

function tryParse(query: string): DocumentNode | null {
  try {
    return parse(query);
  } catch {
    return null;
  }
}

/** Returns the requested operation's name if the document has it, else the first one's. */
export function operationNameOf({ definitions }: DocumentNode, asked: string | null | undefined): string | undefined {
  const names = definitions.flatMap((one) => (one.kind === Kind.OPERATION_DEFINITION ? one.name?.value : undefined));
  return asked && names.includes(asked) ? asked : names[0];
}
