import type { ReactNode } from "react";

export interface Bar {
  key: string;
  label: ReactNode;
  note?: ReactNode;
  count: number;
}

interface Props {
  caption: string;
  /** What a row is of, for the head of the table. */
  of: string;
  /** What is counted, for its head too. */
  counted?: string;
  bars: readonly Bar[];
  tone?: "accent" | "good" | "bad";
}

const MAX_ROWS = 12;

/** Counts as bars: a table, whose bars are beside the figures that they show. The rest of a long one is summed up. */
export function BarTable({ caption, of, counted = "Contacts", bars, tone = "accent" }: Props) {
  const shown = withRest(bars);
  const most = Math.max(1, ...shown.map(({ count }) => count));
  return (
    <table className="bars" data-tone={tone}>
      <caption>{caption}</caption>
      <thead className="visually-hidden">
        <tr>
          <th scope="col">{of}</th>
          <th scope="col">{counted}</th>
        </tr>
      </thead>
      <tbody>
        {shown.map(({ key, label, note, count }) => (
          <tr key={key}>
            <th scope="row">
              <span>{label}</span>
              {note && <span className="muted small">{note}</span>}
            </th>
            <td>
              <span className="bar-track" aria-hidden="true">
                <span className="bar" style={{ width: `${(count / most) * 100}%` }} />
              </span>
              <span className="bar-count">{count.toLocaleString("en")}</span>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Returns the first rows, and one that sums up the others. */
export function withRest(bars: readonly Bar[]): readonly Bar[] {
  if (bars.length <= MAX_ROWS) return bars;
  const rest = bars.slice(MAX_ROWS - 1);
  const count = rest.reduce((sum, bar) => sum + bar.count, 0);
  return [...bars.slice(0, MAX_ROWS - 1), { key: "rest", label: `${rest.length} others`, count }];
}
