import { useState } from "react";
import type { ConversationRowFragment } from "../generated/graphql";
import { useSession } from "../session/Session";
import { TransferDialog } from "./TransferDialog";
import { useLiveConversation } from "./useLiveConversation";
import { useHangUp } from "./useHangUp";
import { isLive } from "./labels";

/** Buttons for a live call, if the key may manage conversations. */
export function CallControls({ conversation }: { conversation: ConversationRowFragment }) {
  const { canManage } = useSession();
  const { status, id } = useLiveConversation(conversation);
  const { hangUp, busy, errorMessage } = useHangUp(id);
  const [transferring, setTransferring] = useState(false);
  if (!canManage("CONVERSATIONS") || !isLive(status)) return null;
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
      {errorMessage && (
        <p role="alert" className="field-error">
          {errorMessage}
        </p>
      )}
      {transferring && <TransferDialog id={id} onClose={() => setTransferring(false)} />}
    </div>
  );
}
