import type { NumberRowFragment } from "../generated/graphql";
import { formatPhoneNumber } from "../phoneNumber";
import { Dialog } from "../shell/Dialog";

interface Props {
  number: NumberRowFragment;
  onClose: () => void;
  onConfirm: () => void;
}

/** Confirms that a number is shared by its keyboard shortcut, which is easily pressed by mistake. */
export function ShareDialog({ number, onClose, onConfirm }: Props) {
  const confirm = () => {
    onClose();
    onConfirm();
  };
  return (
    <Dialog title={`Share ${formatPhoneNumber(number.e164)}?`} onClose={onClose} confirm={{ key: "s", run: confirm }}>
      <p>Every organization below may dial from it at once, without being given it.</p>
      <footer className="dialog-foot">
        <button className="button" onClick={onClose}>
          Cancel
        </button>
        <button className="button primary" data-autofocus aria-keyshortcuts="s" onClick={confirm}>
          Share
        </button>
      </footer>
    </Dialog>
  );
}
