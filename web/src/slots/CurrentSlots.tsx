import type { NumberRowFragment } from "../generated/graphql";
import { describeDrift } from "../numbers/versionDrift";
import { type Direction, SLOT_NAMES } from "./slotChanges";

interface Props {
  number: NumberRowFragment;
  busy: boolean;
  clear: (direction: Direction, agentVersionId: string) => void;
}

export function CurrentSlots({ number, busy, clear }: Props) {
  return (
    <dl className="slots">
      <CurrentSlot direction="INBOUND" slot={number.inboundSlot} busy={busy} clear={clear} />
      <CurrentSlot direction="OUTBOUND" slot={number.outboundSlot} busy={busy} clear={clear} />
    </dl>
  );
}

interface CurrentProps extends Omit<Props, "number"> {
  direction: Direction;
  slot: NumberRowFragment["inboundSlot"];
}

function CurrentSlot({ direction, slot, busy, clear }: CurrentProps) {
  const version = slot?.agentVersion;
  const newer = version && describeDrift(version);
  return (
    <div>
      <dt>{SLOT_NAMES[direction]}</dt>
      <dd>
        <div>
          {version ? (
            <>
              {version.agent.name} <span className="version">v{version.number}, pinned</span>
              {newer && <p className="small drift-text">{newer}</p>}
            </>
          ) : (
            <span className="muted">
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
