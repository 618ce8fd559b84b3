import type { DuplicateRule } from "../../generated/graphql";
import { Field } from "../../shell/Field";
import { type AddOptions, DUPLICATE_RULE_LABELS } from "./addOptions";
import { RegionField } from "./RegionField";

interface Props {
  options: AddOptions;
  onChange: (options: AddOptions) => void;
}

const RULES = Object.entries(DUPLICATE_RULE_LABELS) as [DuplicateRule, string][];

/** Says how numbers without a country code are read, and what becomes of contacts that are there already. */
export function AddOptionsFields({ options, onChange }: Props) {
  return (
    <div className="field-row">
      <RegionField
        value={options.defaultRegion ?? ""}
        onChange={(region) => onChange({ ...options, defaultRegion: region || null })}
      />
      <Field
        label="A contact that is there already"
        hint="Where its number or its id is in the campaign with other content. The same again changes nothing."
      >
        {(controlProps) => (
          <select
            {...controlProps}
            value={options.onDuplicate}
            onChange={({ target }) => onChange({ ...options, onDuplicate: target.value as DuplicateRule })}
          >
            {RULES.map(([rule, label]) => (
              <option key={rule} value={rule}>
                {label}
              </option>
            ))}
          </select>
        )}
      </Field>
    </div>
  );
}
