import { expect, test } from "vitest";
import { readCampaignFilter } from "./campaignFilter";
import { inOrder } from "./ContactStatusBar";
import { adviceOf, pollInterval } from "./imports/importStatus";
import { formatCount } from "./labels";
import { describeDays, describeWindow, formatDelay, WEEKDAYS } from "./windows";

test("reads the filter from the address, and passes over what it does not know", () => {
  expect(readCampaignFilter(new URLSearchParams("name=check&status=RUNNING"))).toEqual({
    nameContains: "check",
    status: ["RUNNING"],
  });
  expect(readCampaignFilter(new URLSearchParams("status=toString"))).toEqual({});
});

test("counts contacts in the order in which they pass through the statuses", () => {
  const counts = [
    { status: "REFUSED", contacts: 1 },
    { status: "REACHED", contacts: 2 },
    { status: "IN_CALL", contacts: 0 },
  ] as const;
  expect(inOrder([...counts])).toEqual([
    ["REACHED", 2],
    ["REFUSED", 1],
  ]);
});

test("describes weekdays, joining those that follow each other", () => {
  expect(describeDays(WEEKDAYS)).toBe("Every day");
  expect(describeDays(["MONDAY", "TUESDAY", "WEDNESDAY", "SUNDAY"])).toBe("Monday to Wednesday, Sunday");
  expect(describeDays(["SUNDAY", "SATURDAY"])).toBe("Saturday, Sunday");
  expect(describeWindow({ days: ["MONDAY"], opens: "09:00", closes: "00:00" })).toBe("Monday, 09:00 to midnight");
});

test("formats delays and counts", () => {
  expect([10, 60, 240, 1440, 2880].map(formatDelay)).toEqual(["10 minutes", "1 hour", "4 hours", "1 day", "2 days"]);
  expect([formatCount(1, "call"), formatCount(1200, "call")]).toEqual(["1 call", "1,200 calls"]);
});

test("asks for imports often while one of them is read", () => {
  expect(pollInterval([{ status: "COMPLETED" }, { status: "RECEIVING" }])).toBeLessThan(pollInterval([]));
  expect(adviceOf("FAILED")).toMatch(/send the same file again/);
  expect(adviceOf("COMPLETED")).toBeNull();
});
