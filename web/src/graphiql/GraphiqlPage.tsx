import { GraphiQL, HISTORY_PLUGIN } from "graphiql";
import { useMemo } from "react";
import { clearKey } from "../session/apiKey";
import { EXAMPLES } from "./examples";
import { examplesPlugin } from "./ExamplesPlugin";
import { createFetcher } from "./fetcher";
import { createStorage } from "./storage";

/** GraphiQL, signed in with the console's key. An authorization header in the Headers editor overrides it. */
export function GraphiqlPage({ apiKey }: { apiKey: string }) {
  const fetcher = useMemo(() => createFetcher(apiKey), [apiKey]);
  const storage = useMemo(() => createStorage(apiKey), [apiKey]);
  const plugins = useMemo(() => [examplesPlugin(apiKey), HISTORY_PLUGIN], [apiKey]);
  return (
    <div className="explorer">
      <header className="explorer-bar">
        <h1>GraphiQL</h1>
        <a href="/">← Dialtree</a>
        <span>The key of this tab is sent along.</span>
        <button type="button" onClick={clearKey}>
          Use another key
        </button>
      </header>
      <main className="explorer-main">
        <GraphiQL
          fetcher={fetcher}
          storage={storage}
          plugins={plugins}
          visiblePlugin="Examples"
          defaultEditorToolsVisibility="variables"
          defaultQuery={EXAMPLES[0]?.query ?? ""}
          shouldPersistHeaders={false}
          showPersistHeadersSettings={false}
        />
      </main>
    </div>
  );
}
