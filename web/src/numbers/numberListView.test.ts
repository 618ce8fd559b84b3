import { expect, test } from "vitest";
import { readNumberListView, withoutFilters } from "./numberListView";
import { describeDrift } from "./versionDrift";

const read = (search: string) => readNumberListView(new URLSearchParams(search));

test("shows fifty numbers in their order, unless the address says otherwise", () => {
  const ascending = { field: "E164", direction: "ASC" };
  expect(read("")).toEqual({ filter: {}, orderBy: ascending, sort: "number", size: 50, filtered: false });
  expect(read("sort=-created&size=100")).toMatchObject({
    orderBy: { field: "CREATED_AT", direction: "DESC" },
    size: 100,
    filtered: false,
  });
});

test.each([
  ["access=owned", { access: "OWNED" }],
  ["access=shared", { access: "SHARED" }],
  ["q= 206 ", { e164Contains: "206" }],
  ["shareable=yes", { shareable: true }],
  ["capable=no", { outboundCapable: false }],
  ["outbound=yes", { outboundAssigned: true }],
  ["inbound=no", { inboundAssigned: false }],
  ["trunk=trk_1", { trunkId: "trk_1" }],
  ["agent=agt_1", { agentId: "agt_1" }],
])("%s filters by %j", (search, filter) => {
  expect(read(search)).toMatchObject({ filter, filtered: true });
});

test("ignores values that it does not know", () => {
  expect(read("access=stolen&shareable=maybe&sort=weight&size=7")).toMatchObject({
    filter: {},
    orderBy: { field: "E164", direction: "ASC" },
    size: 50,
  });
});

test("clearing the filters keeps the order and leaves the page", () => {
  const search = new URLSearchParams("organization=org_1&q=1&access=owned&trunk=t&sort=created&after=x");
  expect(String(withoutFilters(search))).toBe("organization=org_1&sort=created");
});

test("describes a slot that holds an older version than the published one", () => {
  const agent = { name: "Front desk", publishedVersion: { number: 3 } };
  expect(describeDrift({ number: 2, agent })).toMatch(/^Front desk has version 3 published/);
  expect(describeDrift({ number: 3, agent })).toBeNull();
  expect(describeDrift({ number: 3, agent: { name: "Front desk", publishedVersion: null } })).toBeNull();
});
