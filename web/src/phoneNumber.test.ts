import { expect, test } from "vitest";
import { formatPhoneNumber, formatTarget } from "./phoneNumber";

test("formats an E.164 number internationally", () => {
  expect(formatPhoneNumber("+15551234567")).toBe("+1 555 123 4567");
  expect(formatPhoneNumber("+442079460123")).toBe("+44 20 7946 0123");
});

test("returns what is no number unchanged", () => {
  expect(formatPhoneNumber("anonymous")).toBe("anonymous");
  expect(formatTarget("sip:desk@example.com")).toBe("sip:desk@example.com");
  expect(formatTarget("+15551234567")).toBe("+1 555 123 4567");
});
