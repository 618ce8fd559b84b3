interface Props<Choice extends string> {
  legend: string;
  choices: Record<Choice, string>;
  value: Choice;
  choose: (choice: Choice) => void;
}

/** One of a few, side by side. */
export function Segments<Choice extends string>({ legend, choices, value, choose }: Props<Choice>) {
  return (
    <fieldset className="speaker">
      <legend className="legend">{legend}</legend>
      <div className="segments">
        {(Object.keys(choices) as Choice[]).map((one) => (
          <label key={one}>
            <input type="radio" name={legend} checked={value === one} onChange={() => choose(one)} />
            {choices[one]}
          </label>
        ))}
      </div>
    </fieldset>
  );
}
