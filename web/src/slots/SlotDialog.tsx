import { useState } from "react";
import type { NumberRowFragment } from "../generated/graphql";
import { written } from "../phone";
import { Dialog } from "../shell/Dialog";
import { say } from "../shell/toasts";
import { AssignForm } from "./AssignForm";
import { CurrentSlots } from "./CurrentSlots";
import type { Direction } from "./plan";
import { usePublish } from "./usePublish";

interface Props {
  number: NumberRowFragment;
  /** The one that it was opened from. */
  slot: Direction;
  close: () => void;
}

/** Both slots of one number, written through publishAgentVersion. */
export function SlotDialog({ number, slot, close }: Props) {
  const publish = usePublish();
  const [direction, setDirection] = useState<Direction | "BOTH">(slot);

  async function clear(cleared: Direction, agentVersionId: string) {
    const input = { agentVersionId, unassignPhoneNumbers: [number.e164], direction: cleared };
    if (await publish.write(input))
      say("good", `The ${cleared.toLowerCase()} slot of ${written(number.e164)} is empty.`);
  }

  return (
    <Dialog title={`Slots of ${written(number.e164)}`} close={close}>
      <CurrentSlots number={number} busy={publish.busy} clear={clear} />
      <AssignForm number={number} direction={direction} setDirection={setDirection} publish={publish} close={close} />
    </Dialog>
  );
}
