interface Props {
  label: string;
  value: string;
  options: readonly (readonly [string, string])[];
  onChange: (value: string) => void;
}

/** A native select used as a filter; its empty option shows the label. */
export function FilterSelect({ label, value, options, onChange }: Props) {
  const unknown = value !== "" && !options.some(([id]) => id === value);
  return (
    <select
      className="select"
      aria-label={label}
      data-active={value !== ""}
      value={value}
      onChange={(event) => onChange(event.target.value)}
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
