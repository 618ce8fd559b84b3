import { Dialog } from "./Dialog";

const SHORTCUTS: readonly (readonly [string, string])[] = [
  ["/", "Search"],
  ["↑ ↓ or k j", "Move along the rows"],
  ["Home End", "First and last row loaded"],
  ["Enter", "Open: a number's slots, a conversation, or a campaign"],
  ["s", "Share the row's number, or stop sharing it: s again confirms"],
  ["n", "Add a number, or a campaign"],
  ["o", "Choose the organization"],
  ["1 2 3 4", "Phone numbers, Which number?, Conversations, Campaigns"],
  ["Esc", "Close a dialog, clear the search"],
  ["?", "This list"],
];

export function ShortcutsDialog({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="Keyboard" onClose={onClose}>
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
