import type { Weekday } from "../../generated/graphql";
import { describeWindow, type Hours, WEEKDAYS, weekdayName } from "../windows";

interface Props {
  windows: readonly Hours[];
  onChange: (windows: Hours[]) => void;
  errorMessage: string | undefined;
}

const NEW_WINDOW: Hours = { days: ["SATURDAY"], opens: "10:00", closes: "14:00" };

/** The windows in which calls may start: weekdays, and from when to when. */
export function WindowsField({ windows, onChange, errorMessage }: Props) {
  const set = (place: number, window: Hours) => onChange(windows.map((one, index) => (index === place ? window : one)));
  return (
    <fieldset className="group">
      <legend className="legend">Calls may start</legend>
      {windows.map((window, index) => (
        <WindowRow
          key={index}
          label={windows.length > 1 ? `Window ${index + 1}` : "Window"}
          window={window}
          onChange={(next) => set(index, next)}
          remove={windows.length > 1 ? () => onChange(windows.filter((_, place) => place !== index)) : null}
        />
      ))}
      <button type="button" className="button small add-window" onClick={() => onChange([...windows, NEW_WINDOW])}>
        Add hours
      </button>
      <p className="note">
        {windows.map(describeWindow).join("; ")}, in the contact’s own time zone. The operator’s calling hours hold
        besides.
      </p>
      {errorMessage && (
        <p role="alert" className="field-error">
          {errorMessage}
        </p>
      )}
    </fieldset>
  );
}

interface RowProps {
  label: string;
  window: Hours;
  onChange: (window: Hours) => void;
  remove: (() => void) | null;
}

function WindowRow({ label, window, onChange, remove }: RowProps) {
  const { days, opens, closes } = window;
  return (
    <div className="window-row" role="group" aria-label={label}>
      <span className="weekdays">
        {WEEKDAYS.map((day) => (
          <label key={day} title={weekdayName(day)}>
            <input
              type="checkbox"
              checked={days.includes(day)}
              onChange={({ target }) => onChange({ ...window, days: withDay(days, day, target.checked) })}
            />
            <span aria-hidden="true">{weekdayName(day).slice(0, 2)}</span>
            <span className="visually-hidden">{weekdayName(day)}</span>
          </label>
        ))}
      </span>
      <span className="window-times">
        <input
          type="time"
          required
          aria-label={`${label} opens`}
          value={opens}
          onChange={({ target }) => onChange({ ...window, opens: target.value })}
        />
        <span className="muted" aria-hidden="true">
          to
        </span>
        <input
          type="time"
          required
          aria-label={`${label} closes`}
          value={closes}
          onChange={({ target }) => onChange({ ...window, closes: target.value })}
        />
        {remove && (
          <button type="button" className="icon-button" aria-label={`Remove ${label.toLowerCase()}`} onClick={remove}>
            ×
          </button>
        )}
      </span>
    </div>
  );
}

function withDay(days: readonly Weekday[], day: Weekday, chosen: boolean): Weekday[] {
  return WEEKDAYS.filter((one) => (one === day ? chosen : days.includes(one)));
}
