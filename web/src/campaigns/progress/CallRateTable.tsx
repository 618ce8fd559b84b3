import { everyMinute, type Period, type Sample } from "./callRate";
import { formatClock } from "./formatClock";

/** What the plot of calls a minute shows, as figures. */
export function CallRateTable({ samples, period }: { samples: readonly Sample[]; period: Period }) {
  return (
    <details className="rate-table">
      <summary>As a table</summary>
      <div className="rate-scroll" role="group" aria-label="Calls in each minute" tabIndex={0}>
        <table className="plain-table">
          <caption className="visually-hidden">Calls a minute</caption>
          <thead>
            <tr>
              <th scope="col">Minute until</th>
              <th scope="col">Calls</th>
            </tr>
          </thead>
          <tbody>
            {everyMinute(samples, period).map(({ at, calls }) => (
              <tr key={at}>
                <th scope="row">{formatClock(at)}</th>
                <td>{calls.toLocaleString("en")}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
