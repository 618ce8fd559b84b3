import type { PreviewOutboundNumberInput } from "../generated/graphql";

export const SPEAKERS = { "": "Nobody", agent: "Agent", version: "Version", inline: "Inline" } as const;
export type Speaker = keyof typeof SPEAKERS;

export interface Request {
  input: PreviewOutboundNumberInput;
  speaker: Speaker;
  agentId: string;
  versionId: string;
  /** Why it cannot be sent as it stands. */
  wrong: string | null;
}

/** What would be sent, as the address has it; what is empty is not sent. */
export function readRequest(search: URLSearchParams, organizationId: string): Request {
  const speaker = (search.get("speaker") ?? "") as Speaker;
  const agentId = search.get("agent") ?? "";
  const versionId = search.get("version") ?? "";
  const input: PreviewOutboundNumberInput = { organizationId, allowFallback: search.get("fallback") === "yes" };
  const from = search.get("from");
  if (from) input.agentNumber = from;
  const to = search.get("to");
  if (to) input.to = to;
  if (speaker === "agent" && agentId) input.agentId = agentId;
  if (speaker === "version" && versionId) input.agentVersionId = versionId;
  if (speaker === "version" && agentId && search.get("both") === "yes") input.agentId = agentId;
  const config = speaker === "inline" ? readConfig(search.get("config") ?? "{}") : undefined;
  if (config) input.agentConfig = config;
  return { input, speaker, agentId, versionId, wrong: config === null ? "This is not a JSON object." : null };
}

function readConfig(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text || "{}");
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}
