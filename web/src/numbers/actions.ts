import { createContext, useContext } from "react";
import type { NumberRowFragment } from "../generated/graphql";
import type { Direction } from "../slots/plan";

/** What a row can ask of the page that it stands on. */
export interface NumberActions {
  editSlots: ((number: NumberRowFragment, slot: Direction) => void) | null;
  switchSharing: ((number: NumberRowFragment) => void) | null;
}

export const ActionsContext = createContext<NumberActions>({ editSlots: null, switchSharing: null });

/** Whether a control stands on the row that is in the tab order, and so is in it too. */
export const ActiveRowContext = createContext(false);

export function useTabIndex(): 0 | -1 {
  return useContext(ActiveRowContext) ? 0 : -1;
}

export function useActions(): NumberActions {
  return useContext(ActionsContext);
}

export function isOwned(number: NumberRowFragment): boolean {
  return number.access === "OWNED";
}
