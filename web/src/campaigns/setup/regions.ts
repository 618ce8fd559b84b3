import { getCountries } from "libphonenumber-js/min";

/** The countries whose national numbers can be read, by their names in English. */
export function regionOptions(): readonly (readonly [code: string, name: string])[] {
  const names = new Intl.DisplayNames("en", { type: "region" });
  return getCountries()
    .map((code) => [code, names.of(code) ?? code] as const)
    .toSorted(([, one], [, other]) => one.localeCompare(other));
}
