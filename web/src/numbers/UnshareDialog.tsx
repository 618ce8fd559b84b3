import { useQuery } from "urql";
import { type NumberRowFragment, SharingImpactDocument } from "../generated/graphql";
import { written } from "../phone";
import { useSession } from "../session/Session";
import { Dialog } from "../shell/Dialog";

interface Props {
  number: NumberRowFragment;
  close: () => void;
  switchOff: () => void;
}

/** Before sharing is switched off: what that touches. */
export function UnshareDialog({ number, close, switchOff }: Props) {
  const { organizationId } = useSession();
  const [{ data, error }] = useQuery({
    query: SharingImpactDocument,
    variables: { e164: number.e164, organizationId },
    requestPolicy: "network-only",
  });
  const impact = data?.phoneNumber?.sharing;
  return (
    <Dialog title={`Stop sharing ${written(number.e164)}?`} close={close}>
      {impact ? (
        <Impact {...impact} />
      ) : (
        <p className="quiet">{error ? "What this touches could not be counted." : "Counting what this touches…"}</p>
      )}
      <p className="quiet small">It acts at once. Calls that are live keep the number until they end.</p>
      <footer className="dialog-foot">
        <button className="button" data-first onClick={close}>
          Keep sharing
        </button>
        <button
          className="button danger"
          disabled={!impact && !error}
          onClick={() => {
            close();
            switchOff();
          }}
        >
          Stop sharing
        </button>
      </footer>
    </Dialog>
  );
}

function Impact({
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
