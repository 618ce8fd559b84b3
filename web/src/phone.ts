import parsePhoneNumber from "libphonenumber-js/min";

/** A number as people write it abroad, such as +1 555 123 4567; as it is where it has no form. */
export function written(e164: string): string {
  return parsePhoneNumber(e164)?.formatInternational() ?? e164;
}
