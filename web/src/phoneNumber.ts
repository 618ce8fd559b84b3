import parsePhoneNumber from "libphonenumber-js/min";

const formatted = new Map<string, string>();

/** Formats an E.164 number internationally, as in +1 555 123 4567; returns anything else unchanged. */
export function formatPhoneNumber(e164: string): string {
  const cached = formatted.get(e164);
  if (cached !== undefined) return cached;
  const text = parsePhoneNumber(e164)?.formatInternational() ?? e164;
  formatted.set(e164, text);
  return text;
}

/** Formats what is called: a phone number, or a SIP URI unchanged. */
export function formatTarget(target: string): string {
  return target.startsWith("+") ? formatPhoneNumber(target) : target;
}
