import { type ReactNode, useRef } from "react";
import type { SetupStepProps } from "./SetupPage";
import { SetupFrame } from "./SetupFrame";
import type { Step } from "./steps";
import type { CampaignEdit } from "./useCampaignEdit";
import { useSteps } from "./useSteps";

interface Props extends SetupStepProps {
  step: Step;
  title: string;
  lead: string;
  edit: CampaignEdit;
  /** The input fields whose refusals the form shows beside them. */
  fields: readonly string[];
  children: ReactNode;
}

/** A step that is a form: whichever way it is left, what was entered is saved first. */
export function StepForm({ campaign, reload, step, title, lead, edit, fields, children }: Props) {
  const { go, previous, next } = useSteps(campaign.id, step);
  const form = useRef<HTMLFormElement>(null);
  const target = useRef<Step | null>(next);
  const leave = (to: Step | null) => {
    target.current = to;
    form.current?.requestSubmit();
  };
  async function submit() {
    const to = target.current;
    target.current = next;
    if ((await edit.save()) && to) go(to);
  }
  const other = edit.refusals.filter(
    ({ code, field }) => code !== "CAMPAIGN_CHANGED" && !fields.includes(field?.[0] ?? ""),
  );
  return (
    <SetupFrame title={title} lead={lead} step={step} campaign={campaign} onLeave={leave}>
      <form
        ref={form}
        className="form setup-form"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        {children}
        {edit.isConflict && <Conflict reload={reload} />}
        {[...other.map(({ message }) => message), ...(edit.failure ? [edit.failure] : [])].map((message) => (
          <p key={message} role="alert" className="field-error">
            {message}
          </p>
        ))}
        <footer className="setup-foot">
          {previous && (
            <button type="button" className="button" onClick={() => leave(previous)}>
              Back
            </button>
          )}
          <button className="button primary" disabled={edit.busy}>
            {edit.busy ? "Saving…" : "Save and continue"}
          </button>
        </footer>
      </form>
    </SetupFrame>
  );
}

function Conflict({ reload }: { reload: () => Promise<void> }) {
  return (
    <div role="alert" className="conflict">
      <p>Somebody else has changed this campaign since you opened it. Nothing of this step was saved.</p>
      <button type="button" className="button small" onClick={() => void reload()}>
        Load their version
      </button>
    </div>
  );
}
