import { GraphiQL, HISTORY_PLUGIN } from "graphiql";
import { useEffect, useMemo, useState } from "react";
import { forgetKey } from "../session/key";
import { EXAMPLES } from "./examples";
import { examplesPlugin } from "./ExamplesPlugin";
import { fetcherOf } from "./fetcher";
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
        <h1 className="visually-hidden">GraphiQL</h1>
        <a href="/">← Dialtree</a>
        <span>The key of this tab is sent along.</span>
        <button type="button" onClick={forgetKey}>
          Use another key
        </button>
      </header>
      <main className="explorer-main">
        <GraphiQL
          fetcher={fetcher}
          storage={sessionStorage}
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
