import type { ReactNode } from "react";
import type { CombinedError } from "urql";
import { errorDetails, describeError } from "./errorText";

interface Props {
  error: CombinedError;
  retry?: () => void;
  /** Fills the page, and so renders its title as the h1. */
  fullPage?: boolean;
  children?: ReactNode;
}

export function ErrorMessage({ error, retry, fullPage = false, children }: Props) {
  const { title, advice } = describeError(error);
  const Heading = fullPage ? "h1" : "h2";
  return (
    <div role="alert" className="empty-state">
      <Heading>{title}</Heading>
      <p>{advice}</p>
      {errorDetails(error) && <p className="muted small">{errorDetails(error)}</p>}
      <div className="empty-state-actions">
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
