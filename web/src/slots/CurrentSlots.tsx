import type { NumberRowFragment } from "../generated/graphql";
import { drift } from "../numbers/drift";
import { type Direction, SLOT_NAMES } from "./plan";

interface Props {
  number: NumberRowFragment;
  busy: boolean;
  clear: (direction: Direction, agentVersionId: string) => void;
}

export function CurrentSlots({ number, busy, clear }: Props) {
  return (
    <dl className="slots">
      <Current direction="INBOUND" slot={number.inboundSlot} busy={busy} clear={clear} />
      <Current direction="OUTBOUND" slot={number.outboundSlot} busy={busy} clear={clear} />
    </dl>
  );
}

interface CurrentProps extends Omit<Props, "number"> {
  direction: Direction;
  slot: NumberRowFragment["inboundSlot"];
}

function Current({ direction, slot, busy, clear }: CurrentProps) {
  const version = slot?.agentVersion;
  const newer = version && drift(version);
  return (
    <div>
      <dt>{SLOT_NAMES[direction]}</dt>
      <dd>
        <div>
          {version ? (
            <>
              {version.agent.name} <span className="version">v{version.number}, pinned</span>
              {newer && <p className="small drift-words">{newer}</p>}
            </>
          ) : (
            <span className="quiet">
              Empty: {direction === "INBOUND" ? "nobody answers calls to it" : "no agent dials from it by itself"}
            </span>
          )}
        </div>
        {version && (
          <button type="button" className="button small" disabled={busy} onClick={() => clear(direction, version.id)}>
            Clear<span className="visually-hidden"> the {direction.toLowerCase()} slot</span>
          </button>
        )}
      </dd>
    </div>
  );
}
