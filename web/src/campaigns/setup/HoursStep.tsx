import { useState } from "react";
import { findFieldError } from "../../shell/Field";
import { ClosedDatesField } from "./ClosedDatesField";
import { PaceFields, paceInput, readPace } from "./PaceFields";
import { PeriodFields, periodInput, readPeriod } from "./PeriodFields";
import { readRetries, RetryFields, retriesInput } from "./RetryFields";
import type { SetupStepProps } from "./SetupPage";
import { StepForm } from "./StepForm";
import { TimeZoneField } from "./TimeZoneField";
import { type EditInput, useCampaignEdit } from "./useCampaignEdit";
import { WindowsField } from "./WindowsField";

const FIELDS = ["windows", "closedDates", "defaultTimeZone", "startsAt", "endsAt"];

export function HoursStep(props: SetupStepProps) {
  const { campaign } = props;
  const [windows, setWindows] = useState(campaign.windows);
  const [closedDates, setClosedDates] = useState(campaign.closedDates);
  const [zone, setZone] = useState(campaign.defaultTimeZone ?? "");
  const [retries, setRetries] = useState(() => readRetries(campaign.retries));
  const [pace, setPace] = useState(() => readPace(campaign));
  const [period, setPeriod] = useState(() => readPeriod(campaign));
  const input: EditInput = {
    windows: windows.map(({ days, opens, closes }) => ({ days, opens, closes })),
    closedDates,
    defaultTimeZone: zone || null,
    retries: retriesInput(retries),
    ...paceInput(pace),
    ...periodInput(period),
  };
  const edit = useCampaignEdit(campaign, input);
  const errorOf = (field: string) => findFieldError(edit.refusals, field);
  const lead = "When somebody may be called, how often, and how many at once.";
  return (
    <StepForm {...props} step="hours" title="Hours" lead={lead} edit={edit} fields={FIELDS}>
      <WindowsField windows={windows} onChange={setWindows} errorMessage={errorOf("windows")} />
      <div className="field-row">
        <ClosedDatesField dates={closedDates} onChange={setClosedDates} errorMessage={errorOf("closedDates")} />
        <TimeZoneField value={zone} onChange={setZone} errorMessage={errorOf("defaultTimeZone")} />
      </div>
      <RetryFields retries={retries} onChange={setRetries} />
      <PaceFields pace={pace} onChange={setPace} />
      <PeriodFields
        period={period}
        onChange={setPeriod}
        startsError={errorOf("startsAt")}
        endsError={errorOf("endsAt")}
      />
    </StepForm>
  );
}
