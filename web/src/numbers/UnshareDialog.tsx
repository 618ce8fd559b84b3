import { type CombinedError, useQuery } from "urql";
import { type NumberRowFragment, SharingImpactDocument } from "../generated/graphql";
import { written } from "../phone";
import { useSession } from "../session/Session";
import { Dialog } from "../shell/Dialog";
import { explain } from "../shell/explain";

interface Props {
  number: NumberRowFragment;
  close: () => void;
  switchOff: () => void;
}

/** Before sharing is switched off: what that touches. */
export function UnshareDialog({ number, close, switchOff }: Props) {
  const { organizationId } = useSession();
  const [{ data, error, fetching }, count] = useQuery({
    query: SharingImpactDocument,
    variables: { e164: number.e164, organizationId },
    requestPolicy: "network-only",
  });
  const impact = !error && data?.phoneNumber?.sharing;
  const gone = !error && !fetching && data?.phoneNumber === null;
  return (
    <Dialog title={`Stop sharing ${written(number.e164)}?`} close={close}>
      {impact ? <Impact {...impact} /> : <Uncounted error={error} gone={gone} />}
      {!gone && <p className="quiet small">It acts at once. Calls that are live keep the number until they end.</p>}
      <footer className="dialog-foot">
        <button className="button" data-first onClick={close}>
          {gone ? "Close" : "Keep sharing"}
        </button>
        {error && (
          <button className="button" onClick={() => count({ requestPolicy: "network-only" })}>
            Count again
          </button>
        )}
        <button
          className="button danger"
          disabled={!impact}
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

function Uncounted({ error, gone }: { error: CombinedError | undefined; gone: boolean }) {
  if (gone) return <p>The number is no longer there: it was deleted meanwhile.</p>;
  if (!error) return <p className="quiet">Counting what this touches…</p>;
  return (
    <p role="alert" className="field-error">
      What this touches could not be counted. {explain(error).title}. Count again before you decide.
    </p>
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
