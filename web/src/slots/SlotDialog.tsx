import { useState } from "react";
import type { NumberRowFragment } from "../generated/graphql";
import { formatPhoneNumber } from "../phoneNumber";
import { Dialog } from "../shell/Dialog";
import { showToast } from "../shell/toasts";
import { AssignForm } from "./AssignForm";
import { CurrentSlots } from "./CurrentSlots";
import type { Direction } from "./slotChanges";
import { usePublishVersion } from "./usePublishVersion";

interface Props {
  number: NumberRowFragment;
  /** The slot to start with. */
  initialSlot: Direction;
  onClose: () => void;
}

/** Shows and changes both slots of a number through publishAgentVersion. */
export function SlotDialog({ number, initialSlot, onClose }: Props) {
  const publish = usePublishVersion();
  const [direction, setDirection] = useState<Direction | "BOTH">(initialSlot);

  async function clear(cleared: Direction, agentVersionId: string) {
    const input = { agentVersionId, unassignPhoneNumbers: [number.e164], direction: cleared };
    if (await publish.write(input))
      showToast("good", `The ${cleared.toLowerCase()} slot of ${formatPhoneNumber(number.e164)} is empty.`);
  }

  return (
    <Dialog title={`Slots of ${formatPhoneNumber(number.e164)}`} onClose={onClose}>
      <CurrentSlots number={number} busy={publish.busy} clear={clear} />
      <AssignForm
        number={number}
        direction={direction}
        setDirection={setDirection}
        publish={publish}
        onClose={onClose}
      />
    </Dialog>
  );
}
