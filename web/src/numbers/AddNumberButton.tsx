import { useState } from "react";
import { useSession } from "../session/Session";
import { useShortcut } from "../shell/useShortcut";
import { AddNumberDialog } from "./AddNumberDialog";

export function AddNumberButton({ added }: { added: () => unknown }) {
  const { canManage } = useSession();
  const [open, setOpen] = useState(false);
  const may = canManage("PHONE_NUMBERS");
  useShortcut("n", () => may && setOpen(true));
  if (!may) return null;
  return (
    <>
      <button className="button primary add" onClick={() => setOpen(true)} aria-keyshortcuts="n">
        Add number
      </button>
      {open && <AddNumberDialog onClose={() => setOpen(false)} added={added} />}
    </>
  );
}
