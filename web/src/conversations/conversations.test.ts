import { expect, test } from "vitest";
import type { ConversationStatus } from "../generated/graphql";
import { readConversationFilter } from "./conversationFilter";
import { furthestStage, isLive } from "./labels";
import { planFor } from "./TransferDialog";
import { kindLabel } from "./TransferList";

const read = (search: string) => readConversationFilter(new URLSearchParams(search));

test("reads its filter from the address", () => {
  expect(read("direction=inbound&status=FAILED&from=%2B1555&with=%2B1206&agent=agt_1")).toEqual({
    direction: "INBOUND",
    status: ["FAILED"],
    agentNumber: "+1555",
    userNumber: "+1206",
    agentId: "agt_1",
  });
});

test("live and ended stand for several statuses", () => {
  expect(read("status=live").status).toEqual(["QUEUED", "DIALING", "RINGING", "IN_PROGRESS"]);
  expect(read("status=ended").status).toEqual(["COMPLETED", "UNANSWERED", "CANCELLED", "TRANSFERRED", "FAILED"]);
});

test("days are days on this clock, the last one included", () => {
  expect(read("since=2026-11-24&until=2026-11-24")).toEqual({
    createdAfter: new Date(2026, 10, 24).toISOString(),
    createdBefore: new Date(2026, 10, 25).toISOString(),
  });
});

test("ignores values that it does not know", () => {
  expect(read("direction=sideways&status=asleep&since=yesterday&until=2026-11")).toEqual({});
});

test.each<[ConversationStatus, string, object, ConversationStatus]>([
  ["RINGING", "OUTBOUND", {}, "RINGING"],
  ["COMPLETED", "OUTBOUND", { answeredAt: "2026-11-24T09:00:00Z" }, "IN_PROGRESS"],
  ["UNANSWERED", "OUTBOUND", { endReason: "NO_ANSWER" }, "RINGING"],
  ["CANCELLED", "INBOUND", {}, "RINGING"],
  ["UNANSWERED", "OUTBOUND", { endReason: "BUSY", sipStatus: 486 }, "DIALING"],
  ["FAILED", "OUTBOUND", { sipStatus: 503 }, "DIALING"],
  ["CANCELLED", "OUTBOUND", {}, "QUEUED"],
])("%s, %s, %j reached %s", (status, direction, end, stage) => {
  expect(furthestStage({ status, direction: direction as "INBOUND" | "OUTBOUND", ...end })).toBe(stage);
});

test("a queued call is live, an ended one is not", () => {
  expect(isLive("QUEUED")).toBe(true);
  expect(isLive("TRANSFERRED")).toBe(false);
});

test("shows the plan of the kind of transfer and of the number displayed", () => {
  const plans = Object.fromEntries(
    ["coldShowingTransferee", "coldShowingAgent", "warm", "conference"].map((name) => [name, { name }]),
  ) as unknown as Parameters<typeof planFor>[0];
  expect(planFor(plans, "COLD", "TRANSFEREE_NUMBER")).toBe(plans.coldShowingTransferee);
  expect(planFor(plans, "COLD", "AGENT_NUMBER")).toBe(plans.coldShowingAgent);
  expect(planFor(plans, "WARM", "AGENT_NUMBER")).toBe(plans.warm);
  expect(planFor(plans, "CONFERENCE", "AGENT_NUMBER")).toBe(plans.conference);
});

test("labels the kind of a transfer", () => {
  expect(kindLabel("CONFERENCE")).toBe("Conference");
});
