import { useState } from "react";
import type { CampaignRowFragment } from "../generated/graphql";
import { Dialog } from "../shell/Dialog";
import { showToast } from "../shell/toasts";
import { formatCount } from "./labels";
import type { useCampaignControls } from "./useCampaignControls";

interface Props {
  campaign: CampaignRowFragment;
  controls: ReturnType<typeof useCampaignControls>;
  onClose: () => void;
}

/** Asks before a campaign is cancelled, which is final, and whether its live calls end too. */
export function CancelCampaignDialog({ campaign: { name, statistics }, controls, onClose }: Props) {
  const [hangUpLive, setHangUpLive] = useState(false);

  async function confirm() {
    if (await controls.cancel(hangUpLive)) showToast("good", `${name} is cancelled.`);
    onClose();
  }

  return (
    <Dialog title={`Cancel “${name}”?`} onClose={onClose}>
      <p>
        It ends for good: nobody else is called, and whoever was not reached expires. To stop for a while, pause it.
      </p>
      {statistics.liveCalls > 0 && (
        <label className="check">
          <input type="checkbox" checked={hangUpLive} onChange={({ target }) => setHangUpLive(target.checked)} />
          Hang up its {formatCount(statistics.liveCalls, "live call")} too
        </label>
      )}
      <footer className="dialog-foot">
        <button className="button" data-autofocus onClick={onClose}>
          Keep it
        </button>
        <button className="button danger" disabled={controls.busy} onClick={() => void confirm()}>
          Cancel campaign
        </button>
      </footer>
    </Dialog>
  );
}
