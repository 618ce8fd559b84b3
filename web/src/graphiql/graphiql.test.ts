import { parse } from "graphql";
import { expect, test } from "vitest";
import { EXAMPLES, parseExample, variablesFor } from "./examples";
import { agentVariables, campaignVariables, numberVariables, otherKeyId, trunkVariables } from "./exampleVariables";
import { operationNameOf } from "./fetcher";

type Number = Parameters<typeof numberVariables>[0][number];

function number(id: string, fields: Partial<Number> = {}): Number {
  const slots = { inboundSlot: null, outboundSlot: null };
  return { id, e164: `+1555000000${id}`, access: "OWNED", shareable: false, trunk: null, ...slots, ...fields };
}

test("reads the title and the description of an example from its first lines", () => {
  const query = "# Who am I?\n# The key's own organization.\nquery Viewer { viewer { id } }";
  expect(parseExample("./examples/x.graphql", query)).toMatchObject({
    title: "Who am I?",
    description: "The key's own organization.",
    query,
  });
  expect(EXAMPLES.every(({ title, description }) => title && description)).toBe(true);
});

test("fills the variables that an operation declares", () => {
  const query = "# One\n# Two\nquery Get($id: ID!, $first: Int) { node(id: $id) { id } }";
  expect(JSON.parse(variablesFor(query, { id: "num_1" }))).toEqual({ id: "num_1", first: null });
  expect(variablesFor("query Get { viewer { id } }", {})).toBe("");
});

test("takes numbers that the examples work with", () => {
  const busy = { assignedAt: "2026-11-24T09:00:00Z" };
  const numbers = [number("1", { inboundSlot: busy }), number("2"), number("3", { access: "SHARED" })];
  expect(numberVariables(numbers)).toMatchObject({
    agentNumber: numbers[2]?.e164,
    calledNumber: numbers[1]?.e164,
    phoneNumberId: "1",
    spareNumberId: "2",
  });
  expect(numberVariables([])).toMatchObject({ phoneNumberId: "num_…", phoneNumbers: [] });
});

test("takes the agent that a number is bound to, else an active one", () => {
  const bound = { id: "v1", agent: { id: "bound", publishedVersion: { id: "v1" } } };
  const other = { id: "other", active: true, publishedVersion: { id: "v2" }, versions: { nodes: [] } };
  const numbers = [number("1", { outboundSlot: { assignedAt: null, agentVersion: bound } })];
  expect(agentVariables(numbers, [other])).toMatchObject({ agentId: "bound", agentVersionId: "v1" });
  expect(agentVariables([], [other])).toMatchObject({ agentId: "other", draftVersionId: "ver_…" });
});

test("takes an own trunk that dials out, and one that no number is on", () => {
  const trunks = [
    { id: "managed", kind: "MANAGED_TWILIO", outbound: {} },
    { id: "used", kind: "BYOC", outbound: {} },
    { id: "unused", kind: "BYOC", outbound: null },
  ];
  const numbers = [number("1", { trunk: { id: "used" } })];
  expect(trunkVariables(numbers, trunks)).toEqual({ trunkId: "used", spareTrunkId: "unused" });
});

test("takes a campaign with somebody to call, and another draft to cancel", () => {
  const draft = (id: string, ...contacts: string[]) => ({
    id,
    status: "DRAFT",
    contacts: { nodes: contacts.map((contact) => ({ id: contact })) },
  });
  expect(campaignVariables([draft("1"), draft("2", "c")])).toEqual({
    campaignId: "2",
    spareCampaignId: "1",
    contactId: "c",
  });
  expect(campaignVariables([])).toMatchObject({ campaignId: "cmp_…", contactId: "cnt_…" });
});

test("never takes the key in use as the one to revoke", () => {
  const keys = { nodes: ["own", "revoked", "spare"].map((id) => ({ id, revokedAt: id === "revoked" ? "…" : null })) };
  expect(otherKeyId({ viewer: { apiKey: { id: "own" } }, apiKeys: keys })).toBe("spare");
  expect(otherKeyId({ apiKeys: keys })).toBeUndefined();
});

test("runs the operation that is asked for if the query has it, else the first one", () => {
  const document = parse("query One { a } query Two { b }");
  expect(operationNameOf(document, "Two")).toBe("Two");
  expect(operationNameOf(document, "Three")).toBe("One");
  expect(operationNameOf(parse("{ a }"), null)).toBeUndefined();
});
