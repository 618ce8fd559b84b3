import type { ReactNode } from "react";
import type { CombinedError } from "urql";
import { details, explain } from "./explain";

interface Props {
  error: CombinedError;
  retry?: () => void;
  /** It is all of the page, and so its title. */
  whole?: boolean;
  children?: ReactNode;
}

export function Problem({ error, retry, whole = false, children }: Props) {
  const { title, advice } = explain(error);
  const Heading = whole ? "h1" : "h2";
  return (
    <div role="alert" className="state">
      <Heading>{title}</Heading>
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
