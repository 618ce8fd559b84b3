import type { ReactNode } from "react";
import type { CombinedError } from "urql";
import { details, explain } from "./explain";

interface Props {
  error: CombinedError;
  retry?: () => void;
  children?: ReactNode;
}

export function Problem({ error, retry, children }: Props) {
  const { title, advice } = explain(error);
  return (
    <div role="alert" className="state">
      <h2>{title}</h2>
      <p>{advice}</p>
      {details(error) && <p className="quiet small">{details(error)}</p>}
      <div className="state-actions">
        {retry && (
          <button className="button" onClick={retry}>
            Try again
          </button>
        )}
        {children}
      </div>
    </div>
  );
}
