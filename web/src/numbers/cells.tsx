import type { NumberRowFragment } from "../generated/graphql";
import { written } from "../phone";
import type { Direction } from "../slots/plan";
import { isOwned, useActions, useTabIndex } from "./actions";
import { drift } from "./drift";

type Slot = NumberRowFragment["inboundSlot"];

export function NumberCell({ number }: { number: NumberRowFragment }) {
  return (
    <span className="number" title={number.e164}>
      {written(number.e164)}
    </span>
  );
}

export function OwnerCell({ number }: { number: NumberRowFragment }) {
  if (isOwned(number)) return <span className="owner">{number.organization.name}</span>;
  return (
    <span className="owner borrowed" title={`Shared by ${number.organization.name}: yours to dial from, not to change`}>
      <span className="tag">Borrowed</span> from {number.organization.name}
    </span>
  );
}

export function SlotCell({ number, direction }: { number: NumberRowFragment; direction: Direction }) {
  const slot = direction === "INBOUND" ? number.inboundSlot : number.outboundSlot;
  const { editSlots } = useActions();
  const tabIndex = useTabIndex();
  if (!isOwned(number)) return <span className="quiet">—</span>;
  const content = slot?.agentVersion ? <AgentOfSlot version={slot.agentVersion} /> : <EmptySlot slot={slot} />;
  if (!editSlots) return content;
  return (
    <button className="slot-button" tabIndex={tabIndex} onClick={() => editSlots(number, direction)}>
      {content}
      <span className="visually-hidden">, change the slots of {written(number.e164)}</span>
    </button>
  );
}

function EmptySlot({ slot }: { slot: Slot }) {
  if (slot?.assignedAt) return <span className="quiet">Assigned</span>;
  return <span className="quiet">Empty</span>;
}

type Version = NonNullable<NonNullable<Slot>["agentVersion"]>;

function AgentOfSlot({ version }: { version: Version }) {
  const newer = drift(version);
  return (
    <span className="agent">
      <span className="agent-name">{version.agent.name}</span>
      <span className="version">v{version.number}</span>
      {newer && (
        <span className="drift" title={newer}>
          <span aria-hidden="true">v{version.agent.publishedVersion?.number} out</span>
          <span className="visually-hidden">{newer}</span>
        </span>
      )}
      {!version.agent.active && <span className="tag warn">Inactive</span>}
    </span>
  );
}

export function TrunkCell({ number }: { number: NumberRowFragment }) {
  return (
    <span className="trunk">
      {number.trunk ? <span className="trunk-name">{number.trunk.name}</span> : null}
      <span className={number.outboundCapable ? "can" : "cannot"}>
        {number.outboundCapable ? "dials out" : "cannot dial out"}
      </span>
    </span>
  );
}

export function SharingCell({ number }: { number: NumberRowFragment }) {
  const { switchSharing } = useActions();
  const tabIndex = useTabIndex();
  if (!isOwned(number)) return <span className="quiet">Read-only</span>;
  if (!switchSharing) return <span className="quiet">{number.shareable ? "Shared" : "Not shared"}</span>;
  return (
    <button
      role="switch"
      className="switch"
      tabIndex={tabIndex}
      aria-checked={number.shareable}
      aria-label={`Shareable: ${written(number.e164)}`}
      onClick={() => switchSharing(number)}
    >
      <span className="switch-thumb" />
    </button>
  );
}
