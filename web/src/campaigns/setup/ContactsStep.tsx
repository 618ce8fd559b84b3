import { useState } from "react";
import { SegmentedControl } from "../../shell/SegmentedControl";
import { ContactStatusBar } from "../ContactStatusBar";
import { formatCount } from "../labels";
import { DEFAULT_ADD_OPTIONS } from "./addOptions";
import { FileContacts } from "./FileContacts";
import { SetupFrame } from "./SetupFrame";
import type { SetupStepProps } from "./SetupPage";
import { TypedContacts } from "./TypedContacts";
import { useSteps } from "./useSteps";

const WAYS = { typed: "Type or paste", file: "CSV file" } as const;

/** Adds contacts, which are in the campaign at once; so there is nothing left to save where the step is left. */
export function ContactsStep({ campaign, refetch }: SetupStepProps) {
  const { go } = useSteps(campaign.id, "contacts");
  const [way, setWay] = useState<keyof typeof WAYS>("typed");
  const [options, setOptions] = useState(DEFAULT_ADD_OPTIONS);
  const { statistics } = campaign;
  const Way = way === "typed" ? TypedContacts : FileContacts;
  return (
    <SetupFrame
      title="Contacts"
      lead="Whom to call. Each is accepted or refused by itself; the same again changes nothing."
      step="contacts"
      campaign={campaign}
    >
      <div className="form setup-form">
        <div className="panel contact-summary">
          <p role="status">
            <strong>{formatCount(statistics.contacts, "contact")}</strong>{" "}
            <span className="muted">in the campaign</span>
          </p>
          <ContactStatusBar statistics={statistics} />
        </div>
        <SegmentedControl legend="How to add them" options={WAYS} value={way} onChange={setWay} />
        <Way campaignId={campaign.id} options={options} onOptionsChange={setOptions} onAdded={refetch} />
        <footer className="setup-foot">
          <button type="button" className="button" onClick={() => go("agent")}>
            Back
          </button>
          <button type="button" className="button primary" onClick={() => go("numbers")}>
            Continue
          </button>
        </footer>
      </div>
    </SetupFrame>
  );
}
