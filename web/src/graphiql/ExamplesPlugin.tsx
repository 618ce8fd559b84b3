import { useEffect, useRef, useState } from "react";
import { type GraphiQLPlugin, useGraphiQL, useGraphiQLActions } from "@graphiql/react";
import { EXAMPLES, type Example, variablesFor } from "./examples";
import { type ExampleVariables, loadExampleVariables } from "./exampleVariables";

export function examplesPlugin(apiKey: string): GraphiQLPlugin {
  return { title: "Examples", icon: Icon, content: () => <Examples apiKey={apiKey} /> };
}

function Icon() {
  return (
    <svg viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.6" strokeLinecap="round">
      <path d="M5 4h11l3 3v13H5zM9 10h6M9 14h6" />
    </svg>
  );
}

function Examples({ apiKey }: { apiKey: string }) {
  const open = useOpenExample(apiKey);
  return (
    <div className="examples">
      <h2>Examples</h2>
      <p>Each opens in a tab, its variables filled from your organization.</p>
      <ul>
        {EXAMPLES.map((example) => (
          <li key={example.name}>
            <button type="button" onClick={() => open(example)}>
              <strong>{example.title}</strong>
              <span>{example.description}</span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** The width below which graphiql.css puts the examples over the editor. */
const EXAMPLES_COVER_EDITOR = "(max-width: 700px)";

interface PendingExample {
  example: Example;
  /** Loaded when the example is opened. */
  sample: ExampleVariables;
}

/** Returns a function that opens an example in a tab, as soon as the editors have loaded. */
function useOpenExample(apiKey: string): (example: Example) => void {
  const { addTab, setVisiblePlugin } = useGraphiQLActions();
  const queryEditor = useGraphiQL((state) => state.queryEditor);
  const variableEditor = useGraphiQL((state) => state.variableEditor);
  const [pending, setPending] = useState<PendingExample | null>(null);

  const opened = useRef<PendingExample>(null);
  useEffect(() => {
    if (!pending || pending === opened.current || !queryEditor || !variableEditor) return;
    opened.current = pending;
    if (window.matchMedia(EXAMPLES_COVER_EDITOR).matches) setVisiblePlugin(null);
    const current = queryEditor.getValue().trim();
    if (current && current !== EXAMPLES[0]?.query.trim()) addTab();
    queryEditor.setValue(pending.example.query);
    variableEditor.setValue(variablesFor(pending.example.query, pending.sample));
  }, [pending, queryEditor, variableEditor, addTab, setVisiblePlugin]);

  const last = useRef<Example>(null);
  return (example) => {
    last.current = example;
    setEditorsInert(true);
    void loadExampleVariables(apiKey).then((sample) => {
      if (last.current !== example) return;
      setEditorsInert(false);
      setPending({ example, sample });
    });
  };
}

/** Blocks the editors while an example loads. */
function setEditorsInert(inert: boolean) {
  document.querySelector(".graphiql-sessions")?.toggleAttribute("inert", inert);
}
