/** A value for each variable used by the examples. */
export type ExampleVariables = Record<string, unknown>;

const files = import.meta.glob<string>("./example-variables/*.graphql", {
  query: "?raw",
  import: "default",
  eager: true,
});
const [AGENTS, CAMPAIGNS, CHILDREN, CONVERSATIONS, INBOUND, KEYS, LIVE, NUMBERS, SUPPRESSIONS, TRUNKS] = Object.keys(
  files,
)
  .sort()
  .map((path) => files[path] ?? "");

interface Nodes<Node> {
  nodes: Node[];
}

interface Identified {
  id: string;
}

interface SampleVersion extends Identified {
  agent: Identified & { publishedVersion: Identified | null };
}

interface SampleNumber extends Identified {
  e164: string;
  access: string;
  shareable: boolean;
  trunk: Identified | null;
  inboundSlot: { assignedAt: string | null } | null;
  outboundSlot: { assignedAt: string | null; agentVersion: SampleVersion | null } | null;
}

interface SampleAgent extends Identified {
  active: boolean;
  publishedVersion: Identified | null;
  versions: Nodes<Identified & { published: boolean }>;
}

interface SampleCampaign extends Identified {
  status: string;
  contacts: Nodes<Identified>;
}

interface SampleResponse {
  phoneNumbers?: Nodes<SampleNumber>;
  agents?: Nodes<SampleAgent>;
  conversations?: Nodes<Identified>;
  trunks?: Nodes<Identified & { kind: string; outbound: object | null }>;
  campaigns?: Nodes<SampleCampaign>;
  suppressions?: Nodes<Identified>;
  apiKeys?: Nodes<Identified & { revokedAt: string | null }>;
  viewer?: { organization?: { children: Nodes<Identified> }; apiKey?: Identified };
}

/** Loads values from the key's organization. Sends one request each, so that a missing scope costs only its own values. */
export async function loadExampleVariables(key: string): Promise<ExampleVariables> {
  const queries = [AGENTS, CAMPAIGNS, CHILDREN, CONVERSATIONS, INBOUND, KEYS, LIVE, NUMBERS, SUPPRESSIONS, TRUNKS];
  const responses = await Promise.all(queries.map((query = "") => fetchQuery(key, query)));
  const [agents, campaigns, children, conversations, inbound, keys, live, numbers, suppressions, trunks] = responses;
  const all = numbers?.phoneNumbers?.nodes ?? [];
  const any = conversations?.conversations?.nodes[0]?.id;
  return {
    ...numberVariables(all),
    ...agentVariables(all, agents?.agents?.nodes ?? []),
    ...trunkVariables(all, trunks?.trunks?.nodes ?? []),
    ...campaignVariables(campaigns?.campaigns?.nodes ?? []),
    childId: children?.viewer?.organization?.children.nodes[0]?.id ?? "org_…",
    conversationId: any ?? "cnv_…",
    liveConversationId: live?.conversations?.nodes[0]?.id ?? any ?? "cnv_…",
    inboundConversationId: inbound?.conversations?.nodes[0]?.id ?? "cnv_…",
    suppressionId: suppressions?.suppressions?.nodes[0]?.id ?? "sup_…",
    otherKeyId: otherKeyId(keys) ?? "key_…",
    to: "+12065550199",
  };
}

export function agentVariables(numbers: readonly SampleNumber[], agents: readonly SampleAgent[]): ExampleVariables {
  const agent = boundAgent(numbers) ?? agents.find(({ active, publishedVersion }) => active && publishedVersion);
  const drafts = agents.flatMap(({ versions }) => versions.nodes).filter(({ published }) => !published);
  return {
    agentId: agent?.id ?? "agt_…",
    agentVersionId: agent?.publishedVersion?.id ?? "ver_…",
    draftVersionId: drafts[0]?.id ?? "ver_…",
  };
}

/** Finds an agent whose published version is bound to a number, so that a dry run for it finds that number. */
function boundAgent(numbers: readonly SampleNumber[]) {
  const held = numbers.map(({ outboundSlot }) => outboundSlot?.agentVersion);
  return held.find((version) => version && version.id === version.agent.publishedVersion?.id)?.agent;
}

export function numberVariables(numbers: readonly SampleNumber[]): ExampleVariables {
  const owned = numbers.filter(({ access }) => access === "OWNED");
  return {
    agentNumber: numbers.at(-1)?.e164 ?? "+15551234567",
    calledNumber: owned[1]?.e164 ?? owned[0]?.e164 ?? "+15551234567",
    newNumber: "+12065550142",
    phoneNumbers: owned.slice(0, 1).map(({ e164 }) => e164),
    phoneNumberId: owned[0]?.id ?? "num_…",
    spareNumberId: owned.findLast(isSpare)?.id ?? "num_…",
    sharedNumber: owned.find(({ shareable }) => shareable)?.e164 ?? "+15551234567",
  };
}

function isSpare({ shareable, inboundSlot, outboundSlot }: SampleNumber): boolean {
  return !shareable && !inboundSlot?.assignedAt && !outboundSlot?.assignedAt;
}

export function trunkVariables(
  numbers: readonly SampleNumber[],
  trunks: NonNullable<SampleResponse["trunks"]>["nodes"],
): ExampleVariables {
  const own = trunks.filter(({ kind }) => kind !== "MANAGED_TWILIO");
  const spare = own.find(({ id }) => !numbers.some(({ trunk }) => trunk?.id === id));
  return { trunkId: own.find(({ outbound }) => outbound)?.id ?? "trk_…", spareTrunkId: spare?.id ?? "trk_…" };
}

/** Takes a campaign that has somebody to call, and a draft to cancel. */
export function campaignVariables(campaigns: readonly SampleCampaign[]): ExampleVariables {
  const filled = campaigns.find(({ contacts }) => contacts.nodes.length > 0);
  const drafts = campaigns.filter(({ id, status }) => status === "DRAFT" && id !== filled?.id);
  return {
    campaignId: (filled ?? campaigns[0])?.id ?? "cmp_…",
    spareCampaignId: drafts[0]?.id ?? "cmp_…",
    contactId: filled?.contacts.nodes[0]?.id ?? "cnt_…",
  };
}

export function otherKeyId(data: SampleResponse | undefined): string | undefined {
  const own = data?.viewer?.apiKey?.id;
  return data?.apiKeys?.nodes.find(({ id, revokedAt }) => own && id !== own && !revokedAt)?.id;
}

/** Examples open without the values that take longer to load. */
const LONGEST_MS = 5000;

async function fetchQuery(key: string, query: string): Promise<SampleResponse> {
  try {
    const response = await fetch("/graphql", {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
      body: JSON.stringify({ query }),
      signal: AbortSignal.timeout(LONGEST_MS),
    });
    return ((await response.json()) as { data?: SampleResponse }).data ?? {};
  } catch {
    return {};
  }
}
