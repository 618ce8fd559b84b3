import { type CombinedError, useQuery } from "urql";
import { type NumberRowFragment, SharingImpactDocument } from "../generated/graphql";
import { formatPhoneNumber } from "../phoneNumber";
import { useSession } from "../session/Session";
import { Dialog } from "../shell/Dialog";
import { describeError } from "../shell/errorText";

interface Props {
  number: NumberRowFragment;
  onClose: () => void;
  onConfirm: () => void;
}

/** Confirms that sharing is switched off, and shows what that affects. */
export function UnshareDialog({ number, onClose, onConfirm }: Props) {
  const { organizationId } = useSession();
  const [{ data, error, fetching }, count] = useQuery({
    query: SharingImpactDocument,
    variables: { e164: number.e164, organizationId },
    requestPolicy: "network-only",
  });
  const impact = !error && data?.phoneNumber?.sharing;
  const gone = !error && !fetching && data?.phoneNumber === null;
  const impactHidden = !error && data?.phoneNumber?.sharing === null;
  const known = Boolean(impact) || impactHidden;
  const confirm = () => {
    onClose();
    onConfirm();
  };
  return (
    <Dialog
      title={`Stop sharing ${formatPhoneNumber(number.e164)}?`}
      onClose={onClose}
      confirm={known ? { key: "s", run: confirm } : undefined}
    >
      {impact && <SharingImpact {...impact} />}
      {impactHidden && <p>Organizations below can no longer dial from it. Only keys that act for them see how many.</p>}
      {!known && <ImpactUnavailable error={error} gone={gone} />}
      {!gone && <p className="muted small">It acts at once. Calls that are live keep the number until they end.</p>}
      <footer className="dialog-foot">
        <button className="button" data-autofocus onClick={onClose}>
          {gone ? "Close" : "Keep sharing"}
        </button>
        {error && (
          <button className="button" onClick={() => count({ requestPolicy: "network-only" })}>
            Count again
          </button>
        )}
        <button className="button danger" disabled={!known} aria-keyshortcuts="s" onClick={confirm}>
          Stop sharing
        </button>
      </footer>
    </Dialog>
  );
}

function ImpactUnavailable({ error, gone }: { error: CombinedError | undefined; gone: boolean }) {
  if (gone) return <p>The number is no longer there: it was deleted meanwhile.</p>;
  if (!error) return <p className="muted">Counting what this touches…</p>;
  return (
    <p role="alert" className="field-error">
      What this touches could not be counted. {describeError(error).title}. Count again before you decide.
    </p>
  );
}

function SharingImpact({
  organizationsBelow,
  queuedConversations,
}: {
  organizationsBelow: number;
  queuedConversations: number;
}) {
  return (
    <ul className="impact">
      <li>
        <strong>{organizationsBelow}</strong>{" "}
        {organizationsBelow === 1 ? "organization below can" : "organizations below can"} dial from it now, and no
        longer could.
      </li>
      <li>
        <strong>{queuedConversations}</strong>{" "}
        {queuedConversations === 1 ? "queued conversation of theirs" : "queued conversations of theirs"} would end
        without being dialed.
      </li>
    </ul>
  );
}
