import { expect, test } from "vitest";
import { readContactFilter, statusChoice } from "./contactFilter";
import { describeAttempts, describeWaiting, formatInZone } from "./contactText";

const address = (search: string) => new URLSearchParams(search);

test("reads the filter from the address", () => {
  const search = "status=PENDING&waitsFor=RETRY&outcome=BUSY&number=206&externalId=A-1";
  expect(readContactFilter(address(search))).toEqual({
    status: ["PENDING"],
    waitsFor: "RETRY",
    outcome: "BUSY",
    e164Contains: "206",
    externalId: "A-1",
  });
});

test("takes several statuses, and passes over values that it does not know", () => {
  const search = address("status=REFUSED,EXPIRED,asleep&status=REFUSED&waitsFor=toString&outcome=never");
  expect(readContactFilter(search)).toEqual({ status: ["REFUSED", "EXPIRED"] });
  expect(readContactFilter(address("status=toString"))).toEqual({});
});

test("offers the statuses in the address as one choice", () => {
  const { value, choices } = statusChoice(address("status=REFUSED,EXPIRED"));
  expect(choices.at(-1)).toEqual([value, "Refused, Expired"]);
  expect(statusChoice(address("status=REACHED"))).toMatchObject({ value: "REACHED" });
  expect(statusChoice(address("status=REACHED")).choices).toHaveLength(7);
  expect(statusChoice(address("status=asleep")).value).toBe("asleep");
});

test("describes what a contact waits for, and until when where that is known", () => {
  expect(describeWaiting({ waitsFor: "TRUNK", waitsUntil: null })).toBe("Waits for room on the trunk");
  const until = new Date(2026, 10, 30, 14, 5).toISOString();
  expect(describeWaiting({ waitsFor: "RETRY", waitsUntil: until })).toMatch(
    /^Waits for its retry, until Nov 30, 2026, 2:05\sPM$/,
  );
  expect(describeWaiting({ waitsFor: null, waitsUntil: null })).toBeNull();
});

test("describes the attempts by the last one", () => {
  expect(describeAttempts([])).toBe("No attempt yet");
  const attempts = [
    { number: 1, outcome: "NO_ANSWER" as const },
    { number: 2, outcome: "BUSY" as const },
  ];
  expect(describeAttempts(attempts)).toBe("2 attempts, Busy");
  expect(describeAttempts([{ number: 1, outcome: null }])).toBe("1 attempt");
});

test("tells the time of another time zone, unless the browser does not know it", () => {
  expect(formatInZone("2026-11-30T17:00:00Z", "America/New_York")).toMatch(/^Mon 12:00\sPM in America\/New_York$/);
  expect(formatInZone("2026-11-30T17:00:00Z", "Mars/Olympus")).toBeNull();
});
