import { expect, test } from "vitest";
import type { ResolutionFragment } from "../generated/graphql";
import { callHint } from "./CallPanel";
import { readPreviewRequest } from "./previewRequest";

const read = (search: string) => readPreviewRequest(new URLSearchParams(search), "org_1");

test("sends nothing that is empty", () => {
  expect(read("from=&to=").input).toEqual({ organizationId: "org_1", allowFallback: false });
  expect(read("from=%2B1555&to=%2B1206&fallback=yes").input).toEqual({
    organizationId: "org_1",
    allowFallback: true,
    agentNumber: "+1555",
    to: "+1206",
  });
});

test.each([
  ["speaker=agent&agent=agt_1&version=ver_1", { agentId: "agt_1" }],
  ["speaker=version&agent=agt_1&version=ver_1", { agentVersionId: "ver_1" }],
  ["speaker=version&agent=agt_1&version=ver_1&both=yes", { agentId: "agt_1", agentVersionId: "ver_1" }],
  ['speaker=inline&agent=agt_1&config={"model":"x"}', { agentConfig: { model: "x" } }],
  ["speaker=inline", { agentConfig: {} }],
  ["agent=agt_1&version=ver_1", {}],
])("%s sends %j", (search, sent) => {
  expect(read(search).input).toEqual({ organizationId: "org_1", allowFallback: false, ...sent });
});

test.each(["{", "[]", "null", "7"])("an inline agent must be a JSON object, not %s", (config) => {
  const { input, invalidReason } = read(`speaker=inline&config=${config}`);
  expect(input).not.toHaveProperty("agentConfig");
  expect(invalidReason).toBe("This is not a JSON object.");
});

test.each([
  ["", "Choose who speaks, or a number to dial from."],
  ["speaker=agent", "Choose the agent that speaks."],
  ["speaker=version&agent=agt_1", "Choose the version that speaks."],
  ["from=%2B1555", null],
  ["speaker=inline", null],
])("for %j the missing choice is %j", (search, missing) => {
  expect(read(search).missingChoice).toBe(missing);
});

test("hints at why nothing can be called yet", () => {
  const resolution = { refusal: null } as ResolutionFragment;
  const refused = { refusal: { code: "NO_NUMBER_BOUND" } } as ResolutionFragment;
  expect(callHint(read("speaker=inline&config=["), resolution)).toContain("first");
  expect(callHint(read("speaker=agent"), resolution)).toBe("");
  expect(callHint(read("speaker=inline&to=%2B1206"), refused)).toContain("refused");
  expect(callHint(read("speaker=inline"), resolution)).not.toBeNull();
  expect(callHint(read("speaker=inline&to=%2B1206"), resolution)).toBeNull();
});
