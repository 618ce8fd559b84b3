import type { FormEvent } from "react";
import type { PreviewAssumptionsInput } from "../../generated/graphql";
import { Field } from "../../shell/Field";
import type { Preview } from "./previewText";

interface Props {
  assumptions: Preview["assumptions"];
  busy: boolean;
  onChange: (assume: PreviewAssumptionsInput) => void;
}

/** What the estimate takes for granted. */
export function AssumptionsForm({ assumptions, busy, onChange }: Props) {
  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    onChange({
      answerRate: Number(form.get("rate")) / 100,
      secondsOfACall: Number(form.get("call")),
      secondsOfRinging: Number(form.get("ringing")),
    });
  }
  const field = (label: string, name: string, value: number, max: number) => (
    <Field label={label}>
      {(controlProps) => (
        <input
          {...controlProps}
          name={name}
          type="number"
          min={name === "rate" ? 0 : 1}
          max={max}
          required
          defaultValue={value}
        />
      )}
    </Field>
  );
  return (
    <details className="assumptions">
      <summary>What the estimate takes for granted</summary>
      <form className="form" onSubmit={submit}>
        <div className="field-row">
          {field("Answered, in %", "rate", Math.round(assumptions.answerRate * 100), 100)}
          {field("Seconds of a call", "call", assumptions.secondsOfACall, 3600)}
          {field("Seconds of ringing", "ringing", assumptions.secondsOfRinging, 300)}
        </div>
        <button className="button small" disabled={busy}>
          Estimate again
        </button>
      </form>
    </details>
  );
}
