import { useEffect, useState } from "react";
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
  const open = useOpening(sample);
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

/** Opens an example in a tab; one that is asked for before the editors are there opens once they are. */
function useOpening(sample: Sample): (example: Example) => void {
  const { addTab } = useGraphiQLActions();
  const queryEditor = useGraphiQL((state) => state.queryEditor);
  const variableEditor = useGraphiQL((state) => state.variableEditor);
  const [wanted, want] = useState<Example | null>(null);

  useEffect(() => {
    if (!wanted || !queryEditor || !variableEditor) return;
    want(null);
    const written = queryEditor.getValue().trim();
    if (written && written !== EXAMPLES[0]?.query.trim()) addTab();
    queryEditor.setValue(wanted.query);
    variableEditor.setValue(variablesOf(wanted.query, sample));
  }, [wanted, queryEditor, variableEditor, addTab, sample]);

  return want;
}
