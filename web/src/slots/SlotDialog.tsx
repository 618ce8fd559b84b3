import type { NumberRowFragment } from "../generated/graphql";
import { Dialog } from "../shell/Dialog";
export function SlotDialog({ number, close }: { number: NumberRowFragment; close: () => void }) {
  return <Dialog title={number.e164} close={close}>…</Dialog>;
}
