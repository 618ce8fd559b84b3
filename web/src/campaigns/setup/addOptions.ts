import type { DuplicateRule } from "../../generated/graphql";

/** How contacts are read and added: typed ones and a file's alike. */
export interface AddOptions {
  /** The region of numbers without a country code; null: they are refused. */
  defaultRegion: string | null;
  onDuplicate: DuplicateRule;
}

export const DEFAULT_ADD_OPTIONS: AddOptions = { defaultRegion: null, onDuplicate: "UPDATE" };

/** What becomes of a contact that the campaign has already with other content. */
export const DUPLICATE_RULE_LABELS: Record<DuplicateRule, string> = {
  UPDATE: "Change it",
  REFUSE: "Refuse the new one",
};
