import type { CampaignFilter, CampaignStatus } from "../generated/graphql";
import { CAMPAIGN_STATUS_LABELS } from "./labels";

export const STATUS_CHOICES: readonly (readonly [string, string])[] = Object.entries(CAMPAIGN_STATUS_LABELS);

export const FILTER_PARAMS = ["name", "status"] as const;

export function readCampaignFilter(search: URLSearchParams): CampaignFilter {
  const filter: CampaignFilter = {};
  const name = search.get("name");
  if (name) filter.nameContains = name;
  const status = search.get("status") ?? "";
  if (Object.hasOwn(CAMPAIGN_STATUS_LABELS, status)) filter.status = [status as CampaignStatus];
  return filter;
}
