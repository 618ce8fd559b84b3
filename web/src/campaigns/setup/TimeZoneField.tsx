import { Field } from "../../shell/Field";

interface Props {
  value: string;
  onChange: (zone: string) => void;
  errorMessage: string | undefined;
}

const ZONES = Intl.supportedValuesOf("timeZone");

/** The time zone of contacts of which none is known. */
export function TimeZoneField({ value, onChange, errorMessage }: Props) {
  return (
    <Field
      label="Where no time zone is known"
      hint="Contacts have their own, else that of their number. Without a default the others are refused."
      errorMessage={errorMessage}
    >
      {(controlProps) => (
        <>
          <input
            {...controlProps}
            list="time-zones"
            autoComplete="off"
            placeholder="America/New_York"
            value={value}
            onChange={({ target }) => onChange(target.value.trim())}
          />
          <datalist id="time-zones">
            {ZONES.map((zone) => (
              <option key={zone} value={zone} />
            ))}
          </datalist>
        </>
      )}
    </Field>
  );
}
