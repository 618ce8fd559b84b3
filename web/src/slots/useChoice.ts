import { useState } from "react";
import { useQuery } from "urql";
import { AgentsDocument, type AgentsQuery, AgentVersionsDocument, type NumberRowFragment } from "../generated/graphql";
import { useSession } from "../session/Session";

type Agent = AgentsQuery["agents"]["nodes"][number];

export interface Version {
  id: string;
  number: number;
  published: boolean;
}

export interface Chosen {
  agent: Agent;
  version: Version;
}

/** An agent, then one of its versions: the newest published one unless another is chosen. */
export function useChoice(number: NumberRowFragment) {
  const { organizationId } = useSession();
  const held = number.outboundSlot?.agentVersion?.agent.id ?? number.inboundSlot?.agentVersion?.agent.id;
  const [agentId, setAgentId] = useState(held ?? "");
  const [versionId, setVersionId] = useState("");
  const [agents] = useQuery({ query: AgentsDocument, variables: { organizationId } });
  const [versions] = useQuery({ query: AgentVersionsDocument, variables: { id: agentId }, pause: !agentId });

  const found = versions.data?.node;
  const offered: readonly Version[] = found?.__typename === "Agent" && found.id === agentId ? found.versions.nodes : [];
  const agent = agents.data?.agents.nodes.find(({ id }) => id === agentId);
  const version =
    offered.find(({ id }) => id === versionId) ?? offered.find(({ published }) => published) ?? offered[0];
  const chosen: Chosen | null = agent && version ? { agent, version } : null;
  return {
    agents: agents.data?.agents.nodes ?? [],
    versions: offered,
    chosen,
    agentId,
    setAgent: (id: string) => {
      setAgentId(id);
      setVersionId("");
    },
    setVersion: setVersionId,
    loading: agents.fetching || versions.fetching,
  };
}
