import { useState } from "react";
import { useMutation } from "urql";
import { RemoveContactsDocument } from "../../generated/graphql";
import { formatPhoneNumber } from "../../phoneNumber";
import { useSession } from "../../session/Session";
import { Dialog } from "../../shell/Dialog";
import { mutationError } from "../../shell/errorText";
import { showToast } from "../../shell/toasts";
import type { LiveContact } from "./useLiveContact";

interface Props {
  contact: LiveContact;
  changed: () => void;
}

/** A button to remove a contact from its campaign, if the key may manage campaigns. */
export function RemoveContact({ contact, changed }: Props) {
  const { canManage } = useSession();
  const [asking, setAsking] = useState(false);
  if (!canManage("CAMPAIGNS") || contact.status === "REMOVED") return null;
  return (
    <div className="campaign-controls">
      <button className="button" onClick={() => setAsking(true)}>
        Remove contact
      </button>
      {asking && <RemoveContactDialog contact={contact} changed={changed} onClose={() => setAsking(false)} />}
    </div>
  );
}

/** Asks before a contact is removed, which is final. Stays open, and says why, if that is refused. */
function RemoveContactDialog({ contact, changed, onClose }: Props & { onClose: () => void }) {
  const [{ fetching }, remove] = useMutation(RemoveContactsDocument);
  const [errorMessage, setErrorMessage] = useState<string | null>(null);
  const number = formatPhoneNumber(contact.e164);

  async function confirm() {
    const { data, error } = await remove({ input: { contactIds: [contact.id] } });
    const wrong = mutationError(error, data?.removeContacts.userErrors);
    setErrorMessage(wrong);
    if (wrong) return;
    showToast("good", `${number} is removed.`);
    changed();
    onClose();
  }

  return (
    <Dialog title={`Remove ${number}?`} onClose={onClose}>
      <p>“{contact.campaign.name}” never calls it again. What became of its calls can still be read here.</p>
      {errorMessage && (
        <p role="alert" className="field-error">
          {errorMessage}
        </p>
      )}
      <footer className="dialog-foot">
        <button className="button" data-autofocus onClick={onClose}>
          Keep it
        </button>
        <button className="button danger" disabled={fetching} onClick={() => void confirm()}>
          {fetching ? "Removing…" : "Remove contact"}
        </button>
      </footer>
    </Dialog>
  );
}
