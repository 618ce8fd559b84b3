import { createGraphiQLFetcher } from "@graphiql/toolkit";
import { GraphiQL, HISTORY_PLUGIN } from "graphiql";
import { createClient } from "graphql-ws";
import { useEffect, useMemo, useState } from "react";
import { forgetKey } from "../session/key";
import { EXAMPLES } from "./examples";
import { examplesPlugin } from "./ExamplesPlugin";
import { type Sample, takeSample } from "./sample";

/** GraphiQL with the console's key; a header of one's own in the Headers editor goes before it. */
export function Explorer({ apiKey }: { apiKey: string }) {
  const fetcher = useMemo(() => fetcherOf(apiKey), [apiKey]);
  const [sample, setSample] = useState<Sample | null>(null);
  const plugins = useMemo(() => [examplesPlugin(sample ?? {}), HISTORY_PLUGIN], [sample]);
  useEffect(() => void takeSample(apiKey).then(setSample), [apiKey]);
  if (!sample) return null;
  return (
    <div className="explorer">
      <header className="explorer-bar">
        <a href="/">← Dialtree</a>
        <span>The key of this tab is sent along.</span>
        <button type="button" onClick={forgetKey}>
          Use another key
        </button>
      </header>
      <GraphiQL
        fetcher={fetcher}
        plugins={plugins}
        visiblePlugin="Examples"
        defaultEditorToolsVisibility="variables"
        defaultQuery={EXAMPLES[0]?.query ?? ""}
        shouldPersistHeaders={false}
        showPersistHeadersSettings={false}
      />
    </div>
  );
}

function fetcherOf(apiKey: string) {
  const authorization = `Bearer ${apiKey}`;
  const socket = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/graphql`;
  return createGraphiQLFetcher({
    url: "/graphql",
    headers: { authorization },
    wsClient: createClient({ url: socket, connectionParams: { authorization } }),
  });
}
