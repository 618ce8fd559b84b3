import { useMemo } from "react";
import { Field } from "../../shell/Field";
import { regionOptions } from "./regions";

interface Props {
  value: string;
  onChange: (region: string) => void;
}

/** Says how numbers without a country code are read. */
export function RegionField({ value, onChange }: Props) {
  const options = useMemo(() => regionOptions(), []);
  return (
    <Field label="Numbers without +" hint="Nothing is guessed: they are refused unless you say where they are from.">
      {(controlProps) => (
        <select {...controlProps} value={value} onChange={({ target }) => onChange(target.value)}>
          <option value="">Refuse them</option>
          {options.map(([code, name]) => (
            <option key={code} value={code}>
              {name}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}
