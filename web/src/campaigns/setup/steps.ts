/** The steps of a campaign's setup, in their order, with the names that the page and the address give them. */
export const STEPS = {
  agent: "Agent",
  contacts: "Contacts",
  numbers: "Numbers",
  hours: "Hours",
  "dry-run": "Dry run",
  start: "Start",
} as const;

export type Step = keyof typeof STEPS;

export const STEP_ORDER = Object.keys(STEPS) as Step[];

/** The words that say what is missing, as the API's messages name it, with the step that mends it. */
const STEP_BY_WORDS: readonly (readonly [RegExp, Step])[] = [
  [/addContacts|nobody to call/i, "contacts"],
  [/defaultTimeZone|windows|closedDates|startsAt|endsAt|retries|callsPerMinute|maxConcurrentCalls/, "hours"],
  [/which agent|switched off|is a draft|no published version/, "agent"],
  [/pool|number/i, "numbers"],
];

/** Returns the step that mends a refusal; null where none does. */
export function stepOf({ message }: { message: string }): Step | null {
  return STEP_BY_WORDS.find(([words]) => words.test(message))?.[1] ?? null;
}

export function readStep(search: URLSearchParams): Step {
  const step = search.get("step") ?? "";
  return Object.hasOwn(STEPS, step) ? (step as Step) : "agent";
}
