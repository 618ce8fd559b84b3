import type { CampaignSettingsFragment } from "../../generated/graphql";
import { Field } from "../../shell/Field";
import { formatCount } from "../labels";
import type { EditInput } from "./useCampaignEdit";

export interface Pace {
  atOnce: string;
  aMinute: string;
  weight: string;
}

export function readPace(campaign: CampaignSettingsFragment): Pace {
  const { maxConcurrentCalls, callsPerMinute, weight } = campaign;
  return {
    atOnce: String(maxConcurrentCalls),
    aMinute: callsPerMinute ? String(callsPerMinute) : "",
    weight: String(weight),
  };
}

export function paceInput({ atOnce, aMinute, weight }: Pace): EditInput {
  return {
    maxConcurrentCalls: Number(atOnce) || 1,
    callsPerMinute: Number(aMinute) || null,
    weight: Number(weight) || 1,
  };
}

interface Props {
  pace: Pace;
  onChange: (pace: Pace) => void;
}

/** How many calls are live at once, start in a minute, and which share of a trunk the campaign has. */
export function PaceFields({ pace, onChange }: Props) {
  const field = (name: keyof Pace, label: string, hint: string, max: number) => (
    <Field label={label} hint={hint}>
      {(controlProps) => (
        <input
          {...controlProps}
          type="number"
          min={1}
          max={max}
          required={name !== "aMinute"}
          placeholder={name === "aMinute" ? "any" : undefined}
          value={pace[name]}
          onChange={({ target }) => onChange({ ...pace, [name]: target.value })}
        />
      )}
    </Field>
  );
  return (
    <fieldset className="group">
      <legend className="legend">Pace</legend>
      <div className="field-row">
        {field("atOnce", "Calls at once", "Each has its agent: nobody waits in silence.", 10_000)}
        {field("aMinute", "Calls a minute", "Empty: as many as there is room for.", 100_000)}
        {field("weight", "Weight", "Its share of a trunk beside other campaigns.", 100)}
      </div>
      <p className="note">{describePace(pace)}</p>
    </fieldset>
  );
}

export function describePace({ atOnce, aMinute }: Pace): string {
  const calls = formatCount(Number(atOnce) || 1, "call");
  const started = Number(aMinute) ? `, and start at most ${formatCount(Number(aMinute), "call")} a minute` : "";
  return `At most ${calls} may be live at once${started}. A call starts only where there is room.`;
}
