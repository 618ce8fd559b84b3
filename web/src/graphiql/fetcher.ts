import { createGraphiQLFetcher, type Fetcher } from "@graphiql/toolkit";
import { type DocumentNode, Kind, parse } from "graphql";
import { createClient } from "graphql-ws";

/**
 * Sends what is in the editor with the key: subscriptions over a socket, all else over HTTP. GraphiQL notes which operation
 * the editor holds only after a pause, and an example that is run at once would go out as the operation before it; so this
 * is read from the query itself.
 */
export function fetcherOf(apiKey: string): Fetcher {
  const authorization = `Bearer ${apiKey}`;
  const socket = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/graphql`;
  const send = createGraphiQLFetcher({
    url: "/graphql",
    headers: { authorization },
    wsClient: createClient({ url: socket, connectionParams: { authorization } }),
  });
  return (params, options) => {
    const documentAST = parsed(params.query);
    if (!documentAST) return send(params, options);
    const operationName = nameOf(documentAST, params.operationName);
    return send({ ...params, ...(operationName && { operationName }) }, { ...options, documentAST });
  };
}

function parsed(query: string): DocumentNode | null {
  try {
    return parse(query);
  } catch {
    return null;
  }
}

/** The operation that was asked for, if it is in there; else the first one. */
function nameOf({ definitions }: DocumentNode, asked: string | null | undefined): string | undefined {
  const names = definitions.flatMap((one) => (one.kind === Kind.OPERATION_DEFINITION ? one.name?.value : undefined));
  return asked && names.includes(asked) ? asked : names[0];
}
