import { type GraphiQLPlugin, useGraphiQL, useGraphiQLActions } from "@graphiql/react";
import { EXAMPLES, type Example, variablesOf } from "./examples";
import type { Sample } from "./sample";

export function examplesPlugin(sample: Sample): GraphiQLPlugin {
  return { title: "Examples", icon: Icon, content: () => <Examples sample={sample} /> };
}

function Icon() {
  return (
    <svg viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.6" strokeLinecap="round">
      <path d="M5 4h11l3 3v13H5zM9 10h6M9 14h6" />
    </svg>
  );
}

function Examples({ sample }: { sample: Sample }) {
  const { addTab } = useGraphiQLActions();
  const queryEditor = useGraphiQL((state) => state.queryEditor);
  const variableEditor = useGraphiQL((state) => state.variableEditor);

  function open({ query }: Example) {
    if (queryEditor?.getValue().trim()) addTab();
    // The new tab fills the editors first; then they are this example's.
    requestAnimationFrame(() => {
      queryEditor?.setValue(query);
      variableEditor?.setValue(variablesOf(query, sample));
    });
  }

  return (
    <div className="examples">
      <h2>Examples</h2>
      <p>Each opens in a tab, its variables filled from your organization.</p>
      <ul>
        {EXAMPLES.map((example) => (
          <li key={example.name}>
            <button type="button" onClick={() => open(example)}>
              <strong>{example.title}</strong>
              <span>{example.words}</span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
