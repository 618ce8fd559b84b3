/** A value for each variable that the examples have. */
export type Sample = Record<string, unknown>;

const files = import.meta.glob<string>("./sample/*.graphql", { query: "?raw", import: "default", eager: true });
const [AGENTS, CHILDREN, CONVERSATIONS, LIVE, NUMBERS, TRUNKS] = Object.keys(files)
  .sort()
  .map((path) => files[path] ?? "");

interface Nodes<Node> {
  nodes: Node[];
}

interface Version {
  id: string;
  agent: { id: string; publishedVersion: { id: string } | null };
}

interface SampleNumber {
  id: string;
  e164: string;
  access: string;
  shareable: boolean;
  outboundSlot: { agentVersion: Version | null } | null;
}

interface Data {
  phoneNumbers?: Nodes<SampleNumber>;
  agents?: Nodes<{ id: string; active: boolean; publishedVersion: { id: string } | null }>;
  conversations?: Nodes<{ id: string }>;
  trunks?: Nodes<{ id: string; kind: string; outbound: object | null }>;
  viewer?: { organization: { children: Nodes<{ id: string }> } };
}

/** Asked one by one, so that a scope that the key lacks costs only its own part. */
export async function takeSample(key: string): Promise<Sample> {
  const queries = [AGENTS, CHILDREN, CONVERSATIONS, LIVE, NUMBERS, TRUNKS];
  const [agents, children, conversations, live, numbers, trunks] = await Promise.all(
    queries.map((query = "") => ask(key, query)),
  );
  const agent =
    boundAgent(numbers?.phoneNumbers?.nodes ?? []) ??
    agents?.agents?.nodes.find(({ active, publishedVersion }) => active && publishedVersion);
  const any = conversations?.conversations?.nodes[0]?.id;
  return {
    ...ofNumbers(numbers?.phoneNumbers?.nodes ?? []),
    agentId: agent?.id ?? "agt_…",
    agentVersionId: agent?.publishedVersion?.id ?? "ver_…",
    childId: children?.viewer?.organization.children.nodes[0]?.id ?? "org_…",
    conversationId: any ?? "cnv_…",
    liveConversationId: live?.conversations?.nodes[0]?.id ?? any ?? "cnv_…",
    trunkId: trunks?.trunks?.nodes.find(({ kind, outbound }) => kind !== "MANAGED_TWILIO" && outbound)?.id ?? "trk_…",
    to: "+12065550199",
  };
}

/** An agent whose newest version dials from a number of its own: its dry runs find that number. */
function boundAgent(numbers: readonly SampleNumber[]) {
  const held = numbers.map(({ outboundSlot }) => outboundSlot?.agentVersion);
  return held.find((version) => version && version.id === version.agent.publishedVersion?.id)?.agent;
}

function ofNumbers(numbers: readonly SampleNumber[]): Sample {
  const owned = numbers.filter(({ access }) => access === "OWNED");
  return {
    agentNumber: numbers.at(-1)?.e164 ?? "+15551234567",
    calledNumber: owned[1]?.e164 ?? owned[0]?.e164 ?? "+15551234567",
    newNumber: "+12065550142",
    phoneNumbers: owned.slice(0, 1).map(({ e164 }) => e164),
    phoneNumberId: owned[0]?.id ?? "num_…",
    sharedNumber: owned.find(({ shareable }) => shareable)?.e164 ?? "+15551234567",
  };
}

async function ask(key: string, query: string): Promise<Data> {
  try {
    const response = await fetch("/graphql", {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
      body: JSON.stringify({ query }),
    });
    return ((await response.json()) as { data?: Data }).data ?? {};
  } catch {
    return {};
  }
}
