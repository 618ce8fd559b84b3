import { createContext, useContext } from "react";
import type { NumberRowFragment } from "../generated/graphql";

/** What a row can ask of the page that it stands on. */
export interface NumberActions {
  editSlots: ((number: NumberRowFragment) => void) | null;
  switchSharing: ((number: NumberRowFragment) => void) | null;
}

export const ActionsContext = createContext<NumberActions>({ editSlots: null, switchSharing: null });

export function useActions(): NumberActions {
  return useContext(ActionsContext);
}

export function isOwned(number: NumberRowFragment): boolean {
  return number.access === "OWNED";
}
