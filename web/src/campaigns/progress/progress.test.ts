import { expect, test } from "vitest";
import {
  areaPath,
  axisTop,
  everyMinute,
  joinSamples,
  linePath,
  MINUTE_MS,
  PLOTTED_MINUTES,
  plottedPeriod,
  sampleAt,
  type Sample,
  withSample,
} from "./callRate";
import { finishedShare, formatShare, funnelSteps } from "./funnel";
import { boundaries, samplesOf } from "./useCallHistory";

const NOON = Date.UTC(2026, 10, 30, 12);

function samples(...calls: number[]): readonly Sample[] {
  return calls.map((count, minute) => ({ at: minute * MINUTE_MS, calls: count }));
}

test("a funnel has its steps even where nobody is, and the rare ones only where somebody is", () => {
  const statistics = { contacts: 8, byStatus: [{ status: "REACHED", contacts: 2 } as const] };
  expect(funnelSteps(statistics).map(({ status, share }) => [status, share])).toEqual([
    ["PENDING", 0],
    ["IN_CALL", 0],
    ["REACHED", 0.25],
    ["EXHAUSTED", 0],
    ["REFUSED", 0],
  ]);
  const expired = { contacts: 1, byStatus: [{ status: "EXPIRED", contacts: 1 } as const] };
  expect(funnelSteps(expired).at(-1)).toEqual({ status: "EXPIRED", contacts: 1, share: 1 });
});

test("who is pending or in a call is not done", () => {
  const byStatus = [
    { status: "PENDING", contacts: 3 } as const,
    { status: "IN_CALL", contacts: 1 } as const,
    { status: "REFUSED", contacts: 4 } as const,
  ];
  expect(finishedShare({ contacts: 8, byStatus })).toBe(0.5);
  expect(finishedShare({ contacts: 0, byStatus: [] })).toBe(0);
});

test("a share is rounded, but never to nothing or to all", () => {
  expect([0, 0.001, 0.333, 0.999, 1].map(formatShare)).toEqual(["0 %", "< 1 %", "33 %", "> 99 %", "100 %"]);
});

test("samples are added while they are recent, and what stays equal is kept by its ends", () => {
  const flat = [3, 3, 3, 5].reduce<readonly Sample[]>(
    (kept, calls, index) => withSample(kept, { at: index, calls }),
    [],
  );
  expect(flat).toEqual([
    { at: 0, calls: 3 },
    { at: 2, calls: 3 },
    { at: 3, calls: 5 },
  ]);
  const late = { at: (PLOTTED_MINUTES + 2) * MINUTE_MS, calls: 1 };
  expect(withSample(samples(7, 8), late)).toEqual([{ at: MINUTE_MS, calls: 8 }, late]);
});

test("what was counted afterwards ends where what was seen live begins", () => {
  const live = [{ at: MINUTE_MS, calls: 9 }];
  expect(joinSamples(samples(1, 2, 3), live)).toEqual([{ at: 0, calls: 1 }, ...live]);
  expect(joinSamples(samples(1), [])).toEqual(samples(1));
});

test("a plot spans the campaign so far, within bounds", () => {
  const minutesBack = (startedAt: number) => (NOON - plottedPeriod(NOON, startedAt).from) / MINUTE_MS;
  expect([NOON, NOON - 9 * MINUTE_MS, NOON - 900 * MINUTE_MS].map(minutesBack)).toEqual([5, 9, PLOTTED_MINUTES]);
});

test("the table has the sample of each full minute, the newest first", () => {
  expect(sampleAt(samples(4), -1)).toBeUndefined();
  const period = { from: 0, to: 2.5 * MINUTE_MS };
  expect(everyMinute(samples(4, 5, 6), period).map(({ calls }) => calls)).toEqual([6, 5, 4]);
});

test("an axis ends at an even round number", () => {
  expect([[0], [2], [3], [7, 40], [11], [61], [120]].map((counts) => axisTop(...counts))).toEqual([
    2, 2, 4, 40, 20, 80, 200,
  ]);
});

test("a line begins at the edge with what held before it", () => {
  const period = { from: MINUTE_MS, to: 3 * MINUTE_MS };
  expect(linePath(samples(0, 5, 10, 5), period, 10)).toBe("M0 100L0 50L50 0L100 50");
  expect(areaPath(samples(0, 5, 10, 5), period, 10)).toBe("M0 100L0 50L50 0L100 50L100 100L0 100Z");
  expect(areaPath([], period, 10)).toBe("");
});

test("each count is of the minute before its boundary", () => {
  const times = boundaries(NOON);
  expect(times.t0).toBe("2026-11-30T11:40:00.000Z");
  expect(times.t20).toBe("2026-11-30T12:00:00.000Z");
  const counts = { __typename: "Query", m1: { totalCount: 3 }, m20: { totalCount: 4 } };
  expect(samplesOf(counts, NOON)).toEqual([
    { at: NOON - 19 * MINUTE_MS, calls: 3 },
    { at: NOON, calls: 4 },
  ]);
});
