import type { AttemptOutcome, CampaignSettingsFragment, RetryPolicyInput } from "../../generated/graphql";
import { Field } from "../../shell/Field";
import { OUTCOME_LABELS } from "../labels";
import { formatDelay } from "../windows";

export interface Retries {
  maxAttempts: string;
  delays: readonly { outcome: AttemptOutcome; minutes: number }[];
}

const DELAYS = [0, 5, 10, 15, 30, 60, 120, 240, 480, 720, 1440, 2880, 4320, 10_080];

export function readRetries({ maxAttempts, delays }: CampaignSettingsFragment["retries"]): Retries {
  return { maxAttempts: String(maxAttempts), delays };
}

export function retriesInput({ maxAttempts, delays }: Retries): RetryPolicyInput {
  return {
    maxAttempts: Number(maxAttempts) || 1,
    delays: delays.map(({ outcome, minutes }) => ({ outcome, minutes })),
  };
}

interface Props {
  retries: Retries;
  onChange: (retries: Retries) => void;
}

/** How often a contact is called, and when again after which outcome. */
export function RetryFields({ retries, onChange }: Props) {
  const { maxAttempts, delays } = retries;
  const set = (outcome: AttemptOutcome, minutes: number) =>
    onChange({ ...retries, delays: delays.map((one) => (one.outcome === outcome ? { outcome, minutes } : one)) });
  return (
    <fieldset className="group">
      <legend className="legend">Retries</legend>
      <div className="field-row">
        <Field label="Attempts at most">
          {(controlProps) => (
            <input
              {...controlProps}
              type="number"
              min={1}
              max={10}
              required
              value={maxAttempts}
              onChange={({ target }) => onChange({ ...retries, maxAttempts: target.value })}
            />
          )}
        </Field>
        {delays.map(({ outcome, minutes }) => (
          <Field key={outcome} label={`After: ${OUTCOME_LABELS[outcome].toLowerCase()}`}>
            {(controlProps) => (
              <select {...controlProps} value={minutes} onChange={({ target }) => set(outcome, Number(target.value))}>
                {[...new Set([...DELAYS, minutes])]
                  .toSorted((one, other) => one - other)
                  .map((delay) => (
                    <option key={delay} value={delay}>
                      {delay ? `again in ${formatDelay(delay)}` : "never again"}
                    </option>
                  ))}
              </select>
            )}
          </Field>
        ))}
      </div>
      <p className="note">{describeRetries(retries)}</p>
    </fieldset>
  );
}

export function describeRetries({ maxAttempts, delays }: Retries): string {
  const again = delays.filter(({ minutes }) => minutes > 0).length;
  if (Number(maxAttempts) === 1 || again === 0) return "Everybody is called once.";
  return `Nobody is called more than ${maxAttempts} times, nor more than 3 times in any 24 hours. After any other outcome nobody is called again.`;
}
