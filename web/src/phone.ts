import parsePhoneNumber from "libphonenumber-js/min";

const known = new Map<string, string>();

/** A number as people write it abroad, such as +1 555 123 4567; as it is where it has no form. */
export function written(e164: string): string {
  const before = known.get(e164);
  if (before !== undefined) return before;
  const words = parsePhoneNumber(e164)?.formatInternational() ?? e164;
  known.set(e164, words);
  return words;
}
