import type { NumberRowFragment } from "../generated/graphql";
import { formatPhoneNumber } from "../phoneNumber";
import type { Direction } from "../slots/slotChanges";
import { isOwned, useNumberActions, useTabIndex } from "./actions";
import { describeDrift } from "./versionDrift";

type Slot = NumberRowFragment["inboundSlot"];

export function NumberCell({ number }: { number: NumberRowFragment }) {
  return (
    <span className="number" title={number.e164}>
      {formatPhoneNumber(number.e164)}
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
  const { editSlots } = useNumberActions();
  const tabIndex = useTabIndex();
  if (!isOwned(number)) return <span className="muted">—</span>;
  const content = slot?.agentVersion ? <AgentOfSlot version={slot.agentVersion} /> : <EmptySlot slot={slot} />;
  if (!editSlots) return content;
  return (
    <button className="slot-button" tabIndex={tabIndex} onClick={() => editSlots(number, direction)}>
      {content}
      <span className="visually-hidden">, change the slots of {formatPhoneNumber(number.e164)}</span>
    </button>
  );
}

function EmptySlot({ slot }: { slot: Slot }) {
  if (slot?.assignedAt) return <span className="muted">Assigned</span>;
  return <span className="muted">Empty</span>;
}

type Version = NonNullable<NonNullable<Slot>["agentVersion"]>;

function AgentOfSlot({ version }: { version: Version }) {
  const newer = describeDrift(version);
  return (
    <span className="agent">
      <span className="agent-name">{version.agent.name}</span>
      <span className="version">v{version.number}</span>
      {newer && (
        <span className="drift" title={newer}>
          <span aria-hidden="true">v{version.agent.publishedVersion?.number} is newer</span>
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
      <span className={number.outboundCapable ? "dials-out" : "no-dial-out"}>
        {number.outboundCapable ? "dials out" : "cannot dial out"}
      </span>
    </span>
  );
}

export function SharingCell({ number }: { number: NumberRowFragment }) {
  const { toggleShareable } = useNumberActions();
  const tabIndex = useTabIndex();
  if (!isOwned(number)) return <span className="muted">Read-only</span>;
  if (!toggleShareable) return <span className="muted">{number.shareable ? "Shared" : "Not shared"}</span>;
  return (
    <button
      role="switch"
      className="switch"
      tabIndex={tabIndex}
      aria-checked={number.shareable}
      aria-label={`Shareable: ${formatPhoneNumber(number.e164)}`}
      onClick={() => toggleShareable(number)}
    >
      <span className="switch-thumb" />
    </button>
  );
}
