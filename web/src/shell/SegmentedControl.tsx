interface Props<Choice extends string> {
  legend: string;
  options: Record<Choice, string>;
  value: Choice;
  onChange: (choice: Choice) => void;
}

/** A radio group shown as segments side by side. */
export function SegmentedControl<Choice extends string>({ legend, options, value, onChange }: Props<Choice>) {
  return (
    <fieldset className="radio-group">
      <legend className="legend">{legend}</legend>
      <div className="segments">
        {(Object.keys(options) as Choice[]).map((one) => (
          <label key={one}>
            <input type="radio" name={legend} checked={value === one} onChange={() => onChange(one)} />
            {options[one]}
          </label>
        ))}
      </div>
    </fieldset>
  );
}
