import { expect, test } from "vitest";
import { formatRelativeTime } from "./time";

const NOW = Date.parse("2026-11-30T12:00:00Z");

test.each([
  ["2026-11-30T12:00:05Z", "just now"],
  ["2026-11-30T11:59:01Z", "just now"],
  ["2026-11-30T11:59:00Z", "1 min. ago"],
  ["2026-11-30T09:30:00Z", "2 hr. ago"],
  ["2026-11-29T12:00:00Z", "yesterday"],
  ["2024-11-30T12:00:00Z", "2 yr. ago"],
])("%s is %s", (iso, text) => {
  // Unicode data of newer versions of Node writes "1m ago".
  const short = text.replace(/ (m|h|y)[a-z]*\. /, "$1 ");
  expect([text, short]).toContain(formatRelativeTime(iso, NOW));
});
