import { expect, test } from "vitest";
import { isUnchanged, numbersOnOtherVersions } from "./slotChanges";

function slot(agentId: string, number: number) {
  return { agentVersion: { id: `${agentId}-v${number}`, number, agent: { id: agentId, name: agentId } } };
}

test("nothing changes where the slots hold the published version already", () => {
  const number = { e164: "+15551234567", inboundSlot: slot("desk", 2), outboundSlot: slot("desk", 1) };
  const second = { id: "desk-v2", published: true };
  expect(isUnchanged(number, second, "INBOUND")).toBe(true);
  expect(isUnchanged(number, second, "BOTH")).toBe(false);
  expect(isUnchanged(number, { ...second, published: false }, "INBOUND")).toBe(false);
});

test("finds the other numbers whose slots hold another version of the agent", () => {
  const numbers = [
    { id: "1", e164: "+1", inboundSlot: slot("desk", 1), outboundSlot: null },
    { id: "2", e164: "+2", inboundSlot: slot("desk", 1), outboundSlot: slot("desk", 2) },
    { id: "3", e164: "+3", inboundSlot: slot("desk", 2), outboundSlot: slot("desk", 2) },
    { id: "4", e164: "+4", inboundSlot: slot("night", 1), outboundSlot: null },
    { id: "5", e164: "+5", inboundSlot: null, outboundSlot: slot("desk", 1) },
  ] as unknown as Parameters<typeof numbersOnOtherVersions>[0];
  const chosen = { agentId: "desk", version: 2, e164: "+1" };
  expect(numbersOnOtherVersions(numbers, { ...chosen, direction: "INBOUND" })).toEqual([{ e164: "+2", versions: [1] }]);
  expect(numbersOnOtherVersions(numbers, { ...chosen, direction: "BOTH" })).toEqual([
    { e164: "+2", versions: [1, 2] },
    { e164: "+5", versions: [1] },
  ]);
});
