import { CombinedError } from "urql";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { RefusalFragment } from "../generated/graphql";
import { describeError, errorCode, errorDetails, mutationError } from "./errorText";
import { findFieldError } from "./Field";
import { clearToasts, dismiss, onToasts, readToasts, showToast } from "./toasts";

const offline = new CombinedError({ networkError: new Error("offline") });

function graphQLError(code: string) {
  return new CombinedError({ graphQLErrors: [{ message: `It is ${code}.`, extensions: { code } }] });
}

function refusal(message: string, field: string[] | null): RefusalFragment {
  return { __typename: "UserError", code: "INVALID_INPUT", message, field } as RefusalFragment;
}

test("describes an error by its code", () => {
  expect(errorCode(graphQLError("FORBIDDEN"))).toBe("FORBIDDEN");
  expect(describeError(graphQLError("FORBIDDEN")).title).toBe("Your key may not read this");
  expect(errorDetails(graphQLError("FORBIDDEN"))).toBe("It is FORBIDDEN.");
  expect(describeError(offline).title).toBe("The server cannot be reached");
  expect(describeError(graphQLError("NEW_IN_A_LATER_SERVER")).title).toBe("This did not work");
});

test("a mutation fails by its error, or by its refusals", () => {
  expect(mutationError(undefined, [])).toBeNull();
  expect(mutationError(undefined, [refusal("One.", null), refusal("Two.", null)])).toBe("One. Two.");
  expect(mutationError(graphQLError("TIMEOUT"), undefined)).toBe("This took too long. It is TIMEOUT.");
});

test("finds the refusal of a field, and the one of none", () => {
  const refusals = [refusal("No number.", ["e164"]), refusal("Too many.", null)];
  expect(findFieldError(refusals, "e164")).toBe("No number.");
  expect(findFieldError(refusals, "trunkId")).toBeUndefined();
  expect(findFieldError(refusals, null, ["e164", "trunkId"])).toBe("Too many.");
});

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  clearToasts();
  vi.useRealTimers();
});

const shown = () => readToasts().map(({ text }) => text);

test("a toast of success goes by itself, one of failure is dismissed", () => {
  showToast("good", "Saved.");
  showToast("bad", "Not saved.");
  expect(shown()).toEqual(["Saved.", "Not saved."]);
  vi.advanceTimersByTime(8000);
  expect(shown()).toEqual(["Not saved."]);
  dismiss(readToasts()[0]?.id ?? 0);
  expect(shown()).toEqual([]);
});

test("shows the last four toasts, and tells its listeners", () => {
  const listener = vi.fn();
  const stop = onToasts(listener);
  ["1", "2", "3", "4", "5"].forEach((text) => showToast("bad", text));
  expect(shown()).toEqual(["2", "3", "4", "5"]);
  expect(listener).toHaveBeenCalledTimes(5);
  stop();
  clearToasts();
  expect(listener).toHaveBeenCalledTimes(5);
});
