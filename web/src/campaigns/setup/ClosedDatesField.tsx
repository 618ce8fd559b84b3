import { useState } from "react";
import { Field } from "../../shell/Field";

interface Props {
  dates: readonly string[];
  onChange: (dates: string[]) => void;
  errorMessage: string | undefined;
}

const LONG = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeZone: "UTC" });

/** The dates on which nobody is called, such as holidays. */
export function ClosedDatesField({ dates, onChange, errorMessage }: Props) {
  const [typed, setTyped] = useState("");
  const add = () => {
    if (typed) onChange([...new Set([...dates, typed])].toSorted());
    setTyped("");
  };
  return (
    <div className="closed-dates">
      <Field label="Closed on" hint="Whole days, such as holidays." errorMessage={errorMessage}>
        {(controlProps) => (
          <span className="joined">
            <input
              {...controlProps}
              type="date"
              value={typed}
              onChange={({ target }) => setTyped(target.value)}
              onKeyDown={(event) => {
                if (event.key !== "Enter") return;
                event.preventDefault();
                add();
              }}
            />
            <button type="button" className="button" disabled={!typed} onClick={add}>
              Add date
            </button>
          </span>
        )}
      </Field>
      {dates.length > 0 && (
        <ul className="chips" aria-label="Closed dates">
          {dates.map((date) => (
            <li key={date}>
              {LONG.format(new Date(`${date}T00:00:00Z`))}
              <button
                type="button"
                aria-label={`Remove ${date}`}
                onClick={() => onChange(dates.filter((one) => one !== date))}
              >
                ×
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
