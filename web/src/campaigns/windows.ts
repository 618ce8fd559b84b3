import type { Weekday } from "../generated/graphql";

export const WEEKDAYS: readonly Weekday[] = [
  "MONDAY",
  "TUESDAY",
  "WEDNESDAY",
  "THURSDAY",
  "FRIDAY",
  "SATURDAY",
  "SUNDAY",
];

export interface Hours {
  days: Weekday[];
  opens: string;
  closes: string;
}

export function weekdayName(day: Weekday): string {
  return day.charAt(0) + day.slice(1).toLowerCase();
}

/** Describes weekdays, with what follows each other joined, as in “Monday to Friday, Sunday”. */
export function describeDays(days: readonly Weekday[]): string {
  if (days.length === WEEKDAYS.length) return "Every day";
  const runs: Weekday[][] = [];
  WEEKDAYS.forEach((day, index) => {
    if (!days.includes(day)) return;
    const last = runs.at(-1);
    if (last && last.at(-1) === WEEKDAYS[index - 1]) last.push(day);
    else runs.push([day]);
  });
  return runs.flatMap(describeRun).join(", ");
}

function describeRun(run: readonly Weekday[]): string[] {
  const [first, last] = [run[0], run.at(-1)];
  if (!first || !last || run.length < 3) return run.map(weekdayName);
  return [`${weekdayName(first)} to ${weekdayName(last)}`];
}

export function describeWindow({ days, opens, closes }: Hours): string {
  return `${describeDays(days)}, ${opens} to ${closes === "00:00" ? "midnight" : closes}`;
}

/** Formats minutes in the largest unit that divides them. */
export function formatDelay(minutes: number): string {
  const [size, unit] = (
    [
      [1440, "day"],
      [60, "hour"],
      [1, "minute"],
    ] as const
  ).find(([one]) => minutes % one === 0) ?? [1, "minute"];
  const count = minutes / size;
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}
