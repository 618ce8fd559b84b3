import { useId } from "react";
import { formatCount } from "../labels";
import type { RefusedRow } from "./refusedRows";

interface Props {
  rows: readonly RefusedRow[];
  /** How many there are, where `rows` holds the first of them alone. */
  total: number;
  download: () => void;
  /** Why they could not be saved. */
  errorMessage?: string | null;
}

const MAX_SHOWN = 50;

/** The rows that were refused, with the reason of each, and a button that saves all of them. */
export function RefusedRows({ rows, total, download, errorMessage }: Props) {
  const id = useId();
  if (total === 0) return null;
  const shown = rows.slice(0, MAX_SHOWN);
  return (
    <section className="refused-rows" aria-labelledby={id}>
      <header>
        <h2 id={id}>{formatCount(total, "row")} refused</h2>
        <button type="button" className="button small" onClick={download}>
          Download as CSV
        </button>
      </header>
      {errorMessage && (
        <p role="alert" className="field-error">
          {errorMessage}
        </p>
      )}
      <div className="refused-scroll" tabIndex={0} role="group" aria-label="Refused rows">
        <table className="plain-table">
          <thead>
            <tr>
              <th scope="col">Line</th>
              <th scope="col">Number</th>
              <th scope="col">Why</th>
            </tr>
          </thead>
          <tbody>
            {shown.map(({ line, number, message }) => (
              <tr key={line}>
                <td>{line}</td>
                <td className="mono">{number || "—"}</td>
                <td>{message}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {total > shown.length && (
        <p className="muted small">The first {shown.length.toLocaleString("en")}; the file has them all.</p>
      )}
    </section>
  );
}
