interface Props {
  label: string;
  value: string;
  options: readonly (readonly [string, string])[];
  choose: (value: string) => void;
}

/** A filter: the browser's own select, which shows its name while it does not narrow anything. */
export function Pick({ label, value, options, choose }: Props) {
  const unknown = value !== "" && !options.some(([id]) => id === value);
  return (
    <select
      className="pick"
      aria-label={label}
      data-set={value !== ""}
      value={value}
      onChange={(event) => choose(event.target.value)}
    >
      <option value="">{label}</option>
      {unknown && <option value={value}>{label}: unknown</option>}
      {options.map(([id, name]) => (
        <option key={id} value={id}>
          {name}
        </option>
      ))}
    </select>
  );
}
