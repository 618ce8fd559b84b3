import { type FormEvent, useState } from "react";
import type { NumberRowFragment, SlotDirection } from "../generated/graphql";
import { formatPhoneNumber } from "../phoneNumber";
import { showToast } from "../shell/toasts";
import { AgentVersionFields } from "./AgentVersionFields";
import { SlotChanges } from "./SlotChanges";
import { isUnchanged, SLOT_NAMES } from "./slotChanges";
import { type VersionChoice, useVersionChoice } from "./useVersionChoice";
import type { usePublishVersion } from "./usePublishVersion";

interface Props {
  number: NumberRowFragment;
  direction: SlotDirection;
  setDirection: (direction: SlotDirection) => void;
  publish: ReturnType<typeof usePublishVersion>;
  onClose: () => void;
}

export function AssignForm({ number, direction, setDirection, publish, onClose }: Props) {
  const choice = useVersionChoice(number);
  const [alsoMoved, setAlsoMoved] = useState<readonly string[]>([]);
  const { chosen } = choice;
  const isUnchangedChoice = chosen !== null && alsoMoved.length === 0 && isUnchanged(number, chosen.version, direction);

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (!chosen) return;
    const phoneNumbers = [number.e164, ...alsoMoved];
    if (!(await publish.write({ agentVersionId: chosen.version.id, phoneNumbers, direction }))) return;
    showToast(
      "good",
      `${chosen.agent.name} v${chosen.version.number} is on ${phoneNumbers.map(formatPhoneNumber).join(", ")}.`,
    );
    onClose();
  }

  return (
    <form onSubmit={submit} className="form">
      <h3>Assign an agent</h3>
      <fieldset className="segments">
        <legend className="visually-hidden">Slot</legend>
        {(["INBOUND", "OUTBOUND", "BOTH"] as const).map((one) => (
          <label key={one}>
            <input
              type="radio"
              name="direction"
              checked={direction === one}
              data-autofocus={direction === one || undefined}
              onChange={() => setDirection(one)}
            />
            {one === "BOTH" ? "Both" : SLOT_NAMES[one]}
          </label>
        ))}
      </fieldset>
      <AgentVersionFields choice={choice} onChoiceChange={() => setAlsoMoved([])} />
      {chosen && (
        <SlotChanges
          number={number}
          chosen={chosen}
          direction={direction}
          alsoMoved={alsoMoved}
          setAlsoMoved={setAlsoMoved}
        />
      )}
      {publish.errorMessage && (
        <p role="alert" className="field-error">
          {publish.errorMessage}
        </p>
      )}
      <footer className="dialog-foot">
        <button type="button" className="button" onClick={onClose}>
          Close
        </button>
        <button className="button primary" disabled={!chosen || publish.busy || isUnchangedChoice}>
          {isUnchangedChoice ? "Nothing changes" : submitLabel(chosen, alsoMoved.length)}
        </button>
      </footer>
    </form>
  );
}

function submitLabel(chosen: VersionChoice | null, along: number): string {
  const verb = chosen && !chosen.version.published ? "Publish and assign" : "Assign";
  return along ? `${verb} to ${along + 1} numbers` : verb;
}
