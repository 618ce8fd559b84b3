import { useState } from "react";
import { useQuery } from "urql";
import { AgentVersionsDocument, type CampaignSettingsFragment } from "../../generated/graphql";
import { useSession } from "../../session/Session";

/** Holds the choice of an agent and of one of its published versions: by default the newest. */
export function useAgentChoice(held: CampaignSettingsFragment["agentVersion"]) {
  const { canRead } = useSession();
  const [agentId, setAgentId] = useState(held?.agent.id ?? "");
  const [versionId, setVersionId] = useState(held?.id ?? "");
  const pause = !agentId || !canRead("AGENTS");
  const [{ data, error, fetching }] = useQuery({ query: AgentVersionsDocument, variables: { id: agentId }, pause });
  const found = data?.node;
  const agent = found?.__typename === "Agent" && found.id === agentId ? found : null;
  const published = agent?.versions.nodes.filter((version) => version.published) ?? [];
  const newest = published[0]?.id ?? null;
  const isHeldMissing = held?.agent.id === agentId && !published.some(({ id }) => id === held.id);
  return {
    agentId,
    newest,
    versions: held && isHeldMissing ? [...published, held] : published,
    error,
    loading: fetching,
    /** The chosen version; null: none, and so the agent of the number. */
    versionId: agentId || !canRead("AGENTS") ? versionId || newest : null,
    setAgent: (id: string) => {
      setAgentId(id);
      setVersionId("");
    },
    setVersion: setVersionId,
  };
}
