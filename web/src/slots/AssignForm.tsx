import { type FormEvent, useState } from "react";
import type { NumberRowFragment, SlotDirection } from "../generated/graphql";
import { written } from "../phone";
import { say } from "../shell/toasts";
import { AgentPicks } from "./AgentPicks";
import { Moves } from "./Moves";
import { SLOT_NAMES } from "./plan";
import { type Chosen, useChoice } from "./useChoice";
import type { usePublish } from "./usePublish";

interface Props {
  number: NumberRowFragment;
  direction: SlotDirection;
  setDirection: (direction: SlotDirection) => void;
  publish: ReturnType<typeof usePublish>;
  close: () => void;
}

export function AssignForm({ number, direction, setDirection, publish, close }: Props) {
  const choice = useChoice(number);
  const [along, setAlong] = useState<readonly string[]>([]);
  const { chosen } = choice;

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (!chosen) return;
    const phoneNumbers = [number.e164, ...along];
    if (!(await publish.write({ agentVersionId: chosen.version.id, phoneNumbers, direction }))) return;
    say("good", `${chosen.agent.name} v${chosen.version.number} is on ${phoneNumbers.map(written).join(", ")}.`);
    close();
  }

  return (
    <form onSubmit={submit} className="form">
      <h3>Put an agent on it</h3>
      <fieldset className="segments">
        <legend className="visually-hidden">Slot</legend>
        {(["INBOUND", "OUTBOUND", "BOTH"] as const).map((one) => (
          <label key={one}>
            <input
              type="radio"
              name="direction"
              checked={direction === one}
              data-first={direction === one || undefined}
              onChange={() => setDirection(one)}
            />
            {one === "BOTH" ? "Both" : SLOT_NAMES[one]}
          </label>
        ))}
      </fieldset>
      <AgentPicks choice={choice} forget={() => setAlong([])} />
      {chosen && <Moves number={number} chosen={chosen} direction={direction} along={along} setAlong={setAlong} />}
      {publish.complaint && (
        <p role="alert" className="field-error">
          {publish.complaint}
        </p>
      )}
      <footer className="dialog-foot">
        <button type="button" className="button" onClick={close}>
          Close
        </button>
        <button className="button primary" disabled={!chosen || publish.busy}>
          {label(chosen, along.length)}
        </button>
      </footer>
    </form>
  );
}

function label(chosen: Chosen | null, along: number): string {
  const verb = chosen && !chosen.version.published ? "Publish and assign" : "Assign";
  return along ? `${verb} to ${along + 1} numbers` : verb;
}
