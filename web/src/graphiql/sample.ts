/** A value for each variable that the examples have. */
export type Sample = Record<string, unknown>;

const NUMBERS = "{ phoneNumbers(first: 20) { nodes { id e164 access } } }";
const AGENTS = "{ agents(first: 20) { nodes { id active publishedVersion { id } } } }";
const CONVERSATIONS = "{ conversations(first: 1) { nodes { id } } }";

interface Data {
  phoneNumbers?: { nodes: { id: string; e164: string; access: string }[] };
  agents?: { nodes: { id: string; active: boolean; publishedVersion: { id: string } | null }[] };
  conversations?: { nodes: { id: string }[] };
}

/** Asked one by one, so that a scope that the key lacks costs only its own part. */
export async function takeSample(key: string): Promise<Sample> {
  const answers = await Promise.all([NUMBERS, AGENTS, CONVERSATIONS].map((query) => ask(key, query)));
  const { phoneNumbers, agents, conversations } = Object.assign({}, ...answers) as Data;
  const owned = phoneNumbers?.nodes.filter(({ access }) => access === "OWNED") ?? [];
  const agent = agents?.nodes.find(({ active, publishedVersion }) => active && publishedVersion);
  return {
    agentNumber: phoneNumbers?.nodes.at(-1)?.e164 ?? "+15551234567",
    calledNumber: owned[1]?.e164 ?? owned[0]?.e164 ?? "+15551234567",
    phoneNumbers: owned.slice(0, 1).map(({ e164 }) => e164),
    phoneNumberId: owned[0]?.id ?? "num_…",
    agentId: agent?.id ?? "agt_…",
    agentVersionId: agent?.publishedVersion?.id ?? "ver_…",
    conversationId: conversations?.nodes[0]?.id ?? "cnv_…",
    to: "+12065550199",
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
