import type { NumbersOfAgentQuery, SlotDirection } from "../generated/graphql";

type NumberOfAgent = NumbersOfAgentQuery["phoneNumbers"]["nodes"][number];
export type Direction = "INBOUND" | "OUTBOUND";

export const SLOTS_OF: Record<SlotDirection, readonly Direction[]> = {
  INBOUND: ["INBOUND"],
  OUTBOUND: ["OUTBOUND"],
  BOTH: ["INBOUND", "OUTBOUND"],
};

export const SLOT_NAMES: Record<Direction, string> = { INBOUND: "Inbound", OUTBOUND: "Outbound" };

interface SlotLike {
  agentVersion?: { id: string; number: number; agent: { id: string; name?: string } } | null;
}

export interface WithSlots {
  e164: string;
  inboundSlot?: SlotLike | null;
  outboundSlot?: SlotLike | null;
}

export function slotOf(number: WithSlots, direction: Direction): SlotLike | null {
  return (direction === "INBOUND" ? number.inboundSlot : number.outboundSlot) ?? null;
}

/** Tells whether the slots hold this published version already. */
export function isUnchanged(number: WithSlots, version: { id: string; published: boolean }, direction: SlotDirection) {
  return version.published && SLOTS_OF[direction].every((one) => slotOf(number, one)?.agentVersion?.id === version.id);
}

/** Finds the other numbers whose slots of this direction hold another version of the same agent. */
export function numbersOnOtherVersions(
  held: readonly NumberOfAgent[],
  chosen: { agentId: string; version: number; direction: SlotDirection; e164: string },
) {
  return held
    .filter(({ e164 }) => e164 !== chosen.e164)
    .map((number) => ({ e164: number.e164, versions: versionsHeld(number, chosen) }))
    .filter(({ versions }) => versions.some((version) => version !== chosen.version));
}

function versionsHeld(
  number: NumberOfAgent,
  { agentId, direction }: { agentId: string; direction: SlotDirection },
): number[] {
  return SLOTS_OF[direction]
    .map((one) => slotOf(number, one)?.agentVersion)
    .filter((version) => version?.agent.id === agentId)
    .map((version) => version?.number ?? 0);
}
