const clock = new Intl.DateTimeFormat("en", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

/** Formats the time of the day, in the reader's time zone. */
export function formatClock(at: number): string {
  return clock.format(at);
}
