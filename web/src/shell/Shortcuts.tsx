import { Dialog } from "./Dialog";

const SHORTCUTS: readonly (readonly [string, string])[] = [
  ["/", "Search"],
  ["↑ ↓ or k j", "Move along the rows"],
  ["Home End", "First and last row loaded"],
  ["Enter", "Open: a number's slots, or a conversation"],
  ["s", "Switch sharing of the row's number"],
  ["n", "Add a number"],
  ["o", "Choose the organization"],
  ["1 2 3", "Phone numbers, Which number?, Conversations"],
  ["Esc", "Close a dialog, clear the search"],
  ["?", "This list"],
];

export function Shortcuts({ close }: { close: () => void }) {
  return (
    <Dialog title="Keyboard" close={close}>
      <dl className="shortcuts">
        {SHORTCUTS.map(([keys, what]) => (
          <div key={keys}>
            <dt>
              <kbd>{keys}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
