/** How many calls started in the minute before a time. */
export interface Sample {
  at: number;
  calls: number;
}

export interface Period {
  from: number;
  to: number;
}

export const MINUTE_MS = 60_000;
/** As many as a request may count: the API takes 20 fields at the root. */
export const PLOTTED_MINUTES = 20;
const LEAST_MINUTES = 5;

/** Appends a sample, without those that are too old to be plotted; while nothing changes the last one moves on. */
export function withSample(samples: readonly Sample[], next: Sample): readonly Sample[] {
  const oldest = next.at - (PLOTTED_MINUTES + 1) * MINUTE_MS;
  const kept = samples.filter(({ at }) => at >= oldest && at < next.at);
  const [before, last] = [kept.at(-2), kept.at(-1)];
  const isFlat = before?.calls === next.calls && last?.calls === next.calls;
  return [...(isFlat ? kept.slice(0, -1) : kept), next];
}

/** Joins what was counted afterwards with what was seen live, which is finer. */
export function joinSamples(counted: readonly Sample[], live: readonly Sample[]): readonly Sample[] {
  const firstLive = live[0]?.at ?? Infinity;
  return [...counted.filter(({ at }) => at < firstLive), ...live];
}

/** Returns what a plot spans: back to the start of the campaign, but neither little nor more than is known. */
export function plottedPeriod(to: number, startedAt: number): Period {
  const longest = to - PLOTTED_MINUTES * MINUTE_MS;
  const shortest = to - LEAST_MINUTES * MINUTE_MS;
  return { from: Math.max(longest, Math.min(shortest, startedAt)), to };
}

/** Returns the sample that held at a time: the last one until then. */
export function sampleAt(samples: readonly Sample[], time: number): Sample | undefined {
  return samples.findLast(({ at }) => at <= time);
}

/** Returns the samples at full minutes before the end, the newest first. */
export function everyMinute(samples: readonly Sample[], { from, to }: Period): readonly Sample[] {
  const times = Array.from({ length: PLOTTED_MINUTES + 1 }, (_, index) => to - index * MINUTE_MS);
  return times
    .filter((at) => at >= from)
    .flatMap((at) => {
      const sample = sampleAt(samples, at);
      return sample ? [{ at, calls: sample.calls }] : [];
    });
}

/** Returns an even round number that is not less than any of the counts, for the top of an axis. */
export function axisTop(...counts: readonly number[]): number {
  const most = Math.max(2, ...counts);
  const unit = 10 ** Math.floor(Math.log10(most));
  const factor = [1, 2, 4, 6, 8, 10].find((one) => one * unit >= most && (one * unit) % 2 === 0) ?? 20;
  return factor * unit;
}

/** Returns the line through the samples in a square of 100 by 100, as the data of an SVG path. */
export function linePath(samples: readonly Sample[], { from, to }: Period, top: number): string {
  const before = samples.findLast(({ at }) => at < from);
  const shown = samples.filter(({ at }) => at >= from && at <= to);
  const points = before && shown.length ? [{ at: from, calls: before.calls }, ...shown] : shown;
  return points
    .map(
      ({ at, calls }, index) => `${index ? "L" : "M"}${round(((at - from) / (to - from)) * 100)} ${height(calls, top)}`,
    )
    .join("");
}

/** Returns the same, closed down to the axis. */
export function areaPath(samples: readonly Sample[], period: Period, top: number): string {
  const line = linePath(samples, period, top);
  const ends = [...line.matchAll(/[ML]([\d.]+) /g)].map(([, x]) => x);
  return line && `${line}L${ends.at(-1)} 100L${ends[0]} 100Z`;
}

export function height(calls: number, top: number): number {
  return round(100 - (calls / top) * 100);
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
