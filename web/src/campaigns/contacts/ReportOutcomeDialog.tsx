import { type FormEvent, useState } from "react";
import { useMutation } from "urql";
import { ReportOutcomeDocument } from "../../generated/graphql";
import { Dialog } from "../../shell/Dialog";
import { Field } from "../../shell/Field";
import { SegmentedControl } from "../../shell/SegmentedControl";
import { mutationError } from "../../shell/errorText";
import { OUTCOME_LABELS } from "../labels";
import { fromLocalInput } from "../setup/localDateTime";

const REPORTED = { VOICEMAIL: "Voicemail", CALL_BACK: "Call back", DO_NOT_CALL: "Do not call" } as const;
const EFFECTS: Record<keyof typeof REPORTED, string> = {
  VOICEMAIL: "It is called again after the campaign’s delay for voicemails, if it has an attempt left.",
  CALL_BACK: "It is called again then, if it has an attempt left.",
  DO_NOT_CALL: "Its number is suppressed at once: this organization, and all below it, never call it again.",
};

interface Props {
  conversationId: string;
  changed: () => void;
  onClose: () => void;
}

/** Tells what became of a call, which only who speaks in it knows. Keeps what was typed if that is refused. */
export function ReportOutcomeDialog({ conversationId, changed, onClose }: Props) {
  const [outcome, setOutcome] = useState<keyof typeof REPORTED>("VOICEMAIL");
  const [callBack, setCallBack] = useState("");
  const [{ fetching }, report] = useMutation(ReportOutcomeDocument);
  const [errorMessage, setErrorMessage] = useState<string | null>(null);

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const callBackAt = outcome === "CALL_BACK" ? { callBackAt: fromLocalInput(callBack) } : {};
    const { data, error } = await report({ input: { conversationId, outcome, ...callBackAt } });
    const wrong = mutationError(error, data?.reportOutcome.userErrors);
    setErrorMessage(wrong);
    if (wrong) return;
    changed();
    onClose();
  }

  return (
    <Dialog title="Report the outcome" onClose={onClose}>
      <form onSubmit={submit} className="form">
        <SegmentedControl legend="What became of the call" options={REPORTED} value={outcome} onChange={setOutcome} />
        {outcome === "CALL_BACK" && (
          <Field label="Call back at" hint="In your time zone.">
            {(controlProps) => (
              <input
                {...controlProps}
                type="datetime-local"
                required
                value={callBack}
                onChange={({ target }) => setCallBack(target.value)}
              />
            )}
          </Field>
        )}
        <p className="muted">
          {OUTCOME_LABELS[outcome]}. {EFFECTS[outcome]}
        </p>
        {errorMessage && (
          <p role="alert" className="field-error">
            {errorMessage}
          </p>
        )}
        <footer className="dialog-foot">
          <button type="button" className="button" onClick={onClose}>
            Cancel
          </button>
          <button className={`button ${outcome === "DO_NOT_CALL" ? "danger" : "primary"}`} disabled={fetching}>
            {fetching ? "Reporting…" : "Report"}
          </button>
        </footer>
      </form>
    </Dialog>
  );
}
