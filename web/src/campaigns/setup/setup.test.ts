import { expect, test } from "vitest";
import { withRest } from "./BarTable";
import { changedFields } from "./changedFields";
import { describeColumns } from "./contactTable";
import { describeUpload } from "./describeUpload";
import { fromLocalInput, toLocalInput } from "./localDateTime";
import { describePace, paceInput } from "./PaceFields";
import { describePool, poolInput, readPool, withNumber } from "./poolChoice";
import { describeEnd, describeOpening, zoneName } from "./previewText";
import { messageOf } from "./putFile";
import { refusedRowsCsv } from "./refusedRows";
import { readStep, stepOf } from "./steps";
import { testCallInput } from "./testCallInput";
import { inBatches, readColumns, readTypedContacts } from "./typedContacts";
import { faulty, withBatch } from "./useAddContacts";

test("reads typed contacts with their lines, and an id of one's own", () => {
  const text = "+1 206 555 0142\n\n +12065550143 ; patient-17 \r\n+12065550144\tx";
  expect(readTypedContacts(text)).toEqual([
    { line: 1, contact: { e164: "+1 206 555 0142" } },
    { line: 3, contact: { e164: "+12065550143", externalId: "patient-17" } },
    { line: 4, contact: { e164: "+12065550144", externalId: "x" } },
  ]);
});

test("reads a table by the columns that its first line names, as a file is read", () => {
  const text = 'Name;E164;notbefore;timeZone\n"Ann ""A""; Jr.";+1206;2026-12-01T09:00;\n;;;\n;+1207;2026-12-01;UTC';
  expect(readTypedContacts(text)).toEqual([
    { line: 2, contact: { e164: "+1206", notBefore: "2026-12-01T09:00Z", variables: { Name: 'Ann "A"; Jr.' } } },
    { line: 4, contact: { e164: "+1207", notBefore: "2026-12-01T00:00:00Z", timeZone: "UTC" } },
  ]);
  const copied = "e164\tcity\n+1206\tSeattle, WA";
  expect(readTypedContacts(copied)).toEqual([
    { line: 2, contact: { e164: "+1206", variables: { city: "Seattle, WA" } } },
  ]);
  expect(describeColumns(readColumns(copied) ?? [])).toBe("Read as a table with e164; variables: city.");
  expect(readColumns("+1206, e1")).toBeNull();
});

test("says what is wrong with the row of a table before it is sent", () => {
  const faults = (text: string) => readTypedContacts(text).map(({ fault }) => fault);
  expect(faults("e164,city\n+1,a,b\n+2,c")).toEqual([expect.stringMatching("3 cells.*2 columns"), undefined]);
  expect(faults("e164,notBefore\n+1,soon")).toEqual([expect.stringMatching("“soon” is no time")]);
  expect(faults("e164,E164\n+1,+2")).toEqual([expect.stringMatching("E164 more than once")]);
  const contacts = readTypedContacts("e164,city\n+1\n+2,b");
  expect(faulty(contacts)).toEqual({
    accepted: 0,
    unchanged: 0,
    refused: [{ line: 2, number: "+1", message: expect.stringMatching("1 cells") as string }],
  });
});

test("divides into batches, and tells the line of each refusal", () => {
  expect(inBatches([1, 2, 3], 2)).toEqual([[1, 2], [3]]);
  expect(inBatches([], 2)).toEqual([]);
  const batch = readTypedContacts("+1\n\n+2");
  const results = [{ index: 0 }, { index: 1, refusal: { message: "No." } }];
  const before = { accepted: 1, unchanged: 1, refused: [] };
  expect(withBatch(before, batch, { accepted: 2, unchanged: 0, results })).toEqual({
    accepted: 3,
    unchanged: 1,
    refused: [{ line: 3, number: "+2", message: "No." }],
  });
});

test("writes refused rows as a CSV that no spreadsheet takes for formulas", () => {
  const rows = [
    { line: 1, number: "+1 206", message: 'It says "no", twice.' },
    { line: 2, number: "=1+1", message: "-x" },
  ];
  expect(refusedRowsCsv(rows)).toBe('line,number,message\r\n1,+1 206,"It says ""no"", twice."\r\n2,\'=1+1,\'-x\r\n');
});

test("tells what was wrong with an upload", () => {
  expect(messageOf('{"errors":[{"message":"Too large."}]}')).toBe("Too large.");
  expect(messageOf("<html>")).toMatch(/broke off/);
});

test("says how far an upload is", () => {
  expect(describeUpload(0.999, 1)).toBe("99 % sent, 1 row read");
  expect(describeUpload(1, 1200)).toBe("Sent, 1,200 rows read");
});

test("sends only what has changed", () => {
  expect(changedFields({ a: 1, b: [1], c: "x" }, { a: 1, b: [2], c: "x" })).toEqual({ b: [2] });
});

test("keeps a pool with its caps", () => {
  const pool = withNumber(readPool([{ e164: "+1", callsPerDay: 5, maxConcurrentCalls: null }] as never), "+2", true);
  expect(poolInput(pool)).toEqual([
    { e164: "+1", callsPerDay: 5, maxConcurrentCalls: null },
    { e164: "+2", callsPerDay: 100, maxConcurrentCalls: null },
  ]);
  expect(describePool(pool)).toBe("2 numbers, which make at most 105 calls in any 24 hours.");
  expect(withNumber(pool, "+1", false).size).toBe(1);
});

test("finds the step that mends what is missing", () => {
  const cases = {
    "The campaign has nobody to call. Add contacts with addContacts.": "contacts",
    "Nothing says which agent is to speak. Set the campaign's agentVersionId with updateCampaign.": "agent",
    "'Front desk' is switched off. Switch it on with updateAgent(active: true), or send another agent.": "agent",
    "No number of the pool may be dialed from, or can dial out.": "numbers",
    "endsAt has passed. Set another, or none, with updateCampaign.": "hours",
    "Something else.": null,
  };
  for (const [message, step] of Object.entries(cases)) expect(stepOf({ message })).toBe(step);
  expect(readStep(new URLSearchParams("step=dry-run"))).toBe("dry-run");
  expect(readStep(new URLSearchParams("step=constructor"))).toBe("agent");
});

test("says when a zone opens, and when the campaign ends", () => {
  const at = "2026-11-30T17:00:00Z";
  expect(describeOpening(at, at, "America/New_York")).toBe("open now");
  expect(describeOpening("2026-12-01T14:00:00Z", at, "America/New_York")).toBe("opens Tue, Dec 1, 09:00 there");
  expect(describeOpening("2026-12-01T14:00:00Z", at, "America/New_York,America/Chicago")).toMatch(/in New York$/);
  expect(describeOpening(null, at, "Europe/London")).toBe("does not open before the end");
  expect(zoneName("America/Indiana/Knox,Europe/London")).toBe("Indiana/Knox, London");
  const preview = { dialable: 0, assumptions: { answerRate: 0.3, secondsOfACall: 90, secondsOfRinging: 25 } };
  expect(describeEnd(preview as never)).toBe("Nobody would be called.");
  expect(describeEnd({ ...preview, dialable: 2, estimatedEnd: at, limitedBy: "PACE" } as never)).toMatch(
    /if 30 % answer and a call takes 90 seconds. What decides it: the campaign’s pace.$/,
  );
});

test("sums up the rest of a long table", () => {
  const bars = Array.from({ length: 14 }, (_, index) => ({ key: String(index), label: "", count: 1 }));
  expect(withRest(bars).slice(11)).toEqual([{ key: "rest", label: "3 others", count: 3 }]);
  expect(withRest(bars.slice(0, 12))).toHaveLength(12);
});

test("keeps times in the browser's zone, and empty ones empty", () => {
  const iso = "2026-11-30T17:05:00.000Z";
  expect(fromLocalInput(toLocalInput(iso))).toBe(iso);
  expect([toLocalInput(null), fromLocalInput("")]).toEqual(["", null]);
});

test("an empty pace is none", () => {
  const pace = { atOnce: "5", aMinute: "", weight: "10" };
  expect(paceInput(pace)).toEqual({ maxConcurrentCalls: 5, callsPerMinute: null, weight: 10 });
  expect(describePace({ ...pace, aMinute: "30" })).toMatch(/5 calls may be live at once, and start at most 30 calls/);
});

test("a test call is as the campaign would make it", () => {
  const campaign = { agentNumber: "+1", agentVersion: { id: "ver_1" }, initialContext: null } as never;
  const call = { organizationId: "org_1", from: "", to: " +2 " };
  expect(testCallInput(campaign, call)).toEqual({
    organizationId: "org_1",
    to: "+2",
    agentNumber: "+1",
    agentVersionId: "ver_1",
  });
  expect(testCallInput(campaign, { ...call, from: "+3" }).agentNumber).toBe("+3");
});
