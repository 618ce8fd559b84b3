import { createContext, useContext } from "react";
import type { NumberRowFragment } from "../generated/graphql";
import type { Direction } from "../slots/slotChanges";

/** Actions of a row; null if the key may not do them. */
export interface NumberActions {
  editSlots: ((number: NumberRowFragment, slot: Direction) => void) | null;
  toggleShareable: ((number: NumberRowFragment) => void) | null;
  /** As `toggleShareable`, but always asks for confirmation. */
  confirmShareable: ((number: NumberRowFragment) => void) | null;
}

export const NumberActionsContext = createContext<NumberActions>({
  editSlots: null,
  toggleShareable: null,
  confirmShareable: null,
});

/** Whether a control is in the row that is in the tab order. */
export const ActiveRowContext = createContext(false);

export function useTabIndex(): 0 | -1 {
  return useContext(ActiveRowContext) ? 0 : -1;
}

export function useNumberActions(): NumberActions {
  return useContext(NumberActionsContext);
}

export function isOwned(number: NumberRowFragment): boolean {
  return number.access === "OWNED";
}
