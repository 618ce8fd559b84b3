import type { NumbersOfAgentQuery, SlotDirection } from "../generated/graphql";

type Held = NumbersOfAgentQuery["phoneNumbers"]["nodes"][number];
export type Direction = "INBOUND" | "OUTBOUND";

export const DIRECTIONS: Record<SlotDirection, readonly Direction[]> = {
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

/** Other numbers that hold the agent, in another version, in the slots that are about to be written. */
export function drifted(
  held: readonly Held[],
  chosen: { agentId: string; version: number; direction: SlotDirection; e164: string },
) {
  return held
    .filter(({ e164 }) => e164 !== chosen.e164)
    .map((number) => ({ e164: number.e164, versions: heldVersions(number, chosen) }))
    .filter(({ versions }) => versions.some((version) => version !== chosen.version));
}

function heldVersions(number: Held, { agentId, direction }: { agentId: string; direction: SlotDirection }): number[] {
  return DIRECTIONS[direction]
    .map((one) => slotOf(number, one)?.agentVersion)
    .filter((version) => version?.agent.id === agentId)
    .map((version) => version?.number ?? 0);
}
