import { useState } from "react";
import { useQuery } from "urql";
import { AgentVersionsDocument, type NumberRowFragment } from "../generated/graphql";

export interface Version {
  id: string;
  number: number;
  published: boolean;
}

export interface VersionChoice {
  agent: { id: string; name: string };
  version: Version;
}

/** Holds the choice of an agent and of one of its versions: by default the newest published one. */
export function useVersionChoice(number: NumberRowFragment) {
  const heldAgentId = number.outboundSlot?.agentVersion?.agent.id ?? number.inboundSlot?.agentVersion?.agent.id;
  const [agentId, setAgentId] = useState(heldAgentId ?? "");
  const [versionId, setVersionId] = useState("");
  const [versions] = useQuery({ query: AgentVersionsDocument, variables: { id: agentId }, pause: !agentId });

  const found = versions.data?.node;
  const agent = found?.__typename === "Agent" && found.id === agentId ? found : null;
  const offered: readonly Version[] = agent?.versions.nodes ?? [];
  const version =
    offered.find(({ id }) => id === versionId) ?? offered.find(({ published }) => published) ?? offered[0];
  const chosen: VersionChoice | null = agent && version ? { agent, version } : null;
  return {
    versions: offered,
    chosen,
    agentId,
    setAgent: (id: string) => {
      setAgentId(id);
      setVersionId("");
    },
    setVersion: setVersionId,
    loading: versions.fetching,
    error: versions.error,
  };
}
