import type { CampaignSettingsFragment } from "../../generated/graphql";
import { Field } from "../../shell/Field";
import { fromLocalInput, toLocalInput } from "./localDateTime";
import type { EditInput } from "./useCampaignEdit";

export interface Period {
  starts: string;
  ends: string;
}

export function readPeriod({ startsAt, endsAt }: CampaignSettingsFragment): Period {
  return { starts: toLocalInput(startsAt), ends: toLocalInput(endsAt) };
}

export function periodInput({ starts, ends }: Period): EditInput {
  return { startsAt: fromLocalInput(starts), endsAt: fromLocalInput(ends) };
}

interface Props {
  period: Period;
  onChange: (period: Period) => void;
  startsError: string | undefined;
  endsError: string | undefined;
}

/** Before when nobody is called, and when the campaign ends at the latest, in the browser's time zone. */
export function PeriodFields({ period, onChange, startsError, endsError }: Props) {
  return (
    <fieldset className="group">
      <legend className="legend">Period</legend>
      <div className="field-row">
        <Field
          label="Not before"
          hint="Empty: as soon as it is started. In your own time zone."
          errorMessage={startsError}
        >
          {(controlProps) => (
            <input
              {...controlProps}
              type="datetime-local"
              value={period.starts}
              onChange={({ target }) => onChange({ ...period, starts: target.value })}
            />
          )}
        </Field>
        <Field
          label="Not after"
          hint="Empty: until everybody was called. Then the rest expires."
          errorMessage={endsError}
        >
          {(controlProps) => (
            <input
              {...controlProps}
              type="datetime-local"
              value={period.ends}
              onChange={({ target }) => onChange({ ...period, ends: target.value })}
            />
          )}
        </Field>
      </div>
    </fieldset>
  );
}
