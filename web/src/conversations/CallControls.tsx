import { useState } from "react";
import type { ConversationRowFragment } from "../generated/graphql";
import { useSession } from "../session/Session";
import { TransferDialog } from "./TransferDialog";
import { useFollowed } from "./useFollowed";
import { useHangUp } from "./useHangUp";
import { isLive } from "./words";

/** What can be done with a call while it is live, by a key that may. */
export function CallControls({ conversation }: { conversation: ConversationRowFragment }) {
  const { manages } = useSession();
  const { status, id } = useFollowed(conversation);
  const { hangUp, busy, complaint } = useHangUp(id);
  const [transferring, setTransferring] = useState(false);
  if (!manages("CONVERSATIONS") || !isLive(status)) return null;
  return (
    <div className="call-controls">
      <button className="button danger" disabled={busy} onClick={() => void hangUp()}>
        {busy ? "Hanging up…" : "Hang up"}
      </button>
      {status === "IN_PROGRESS" && (
        <button className="button" onClick={() => setTransferring(true)}>
          Transfer
        </button>
      )}
      {complaint && (
        <p role="alert" className="field-error">
          {complaint}
        </p>
      )}
      {transferring && <TransferDialog id={id} close={() => setTransferring(false)} />}
    </div>
  );
}
