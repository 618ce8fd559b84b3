import type { PreviewOutboundNumberInput } from "../generated/graphql";

export const SPEAKER_LABELS = { "": "Slot’s agent", agent: "Agent", version: "Version", inline: "Inline" } as const;
export type Speaker = keyof typeof SPEAKER_LABELS;

export interface PreviewRequest {
  input: PreviewOutboundNumberInput;
  speaker: Speaker;
  agentId: string;
  versionId: string;
  /** Why the input is invalid; null if it can be sent. */
  invalidReason: string | null;
  /** What has to be chosen first; null if nothing is missing. */
  missingChoice: string | null;
}

/** Reads the input from the address. Empty fields are not sent. */
export function readPreviewRequest(search: URLSearchParams, organizationId: string): PreviewRequest {
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
  const config = speaker === "inline" ? parseConfig(search.get("config") ?? "{}") : undefined;
  if (config) input.agentConfig = config;
  const invalidReason = config === null ? "This is not a JSON object." : null;
  return { input, speaker, agentId, versionId, invalidReason, missingChoice: findMissingChoice(input, speaker) };
}

function findMissingChoice(input: PreviewOutboundNumberInput, speaker: Speaker): string | null {
  if (speaker === "agent" && !input.agentId) return "Choose the agent that speaks.";
  if (speaker === "version" && !input.agentVersionId) return "Choose the version that speaks.";
  if (speaker === "" && !input.agentNumber) return "Choose who speaks, or a number to dial from.";
  return null;
}

function parseConfig(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text || "{}");
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}
