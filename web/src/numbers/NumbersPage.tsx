import { useCallback, useMemo, useState } from "react";
import { useSearchParams } from "wouter";
import { type NumberRowFragment, PhoneNumbersDocument } from "../generated/graphql";
import { Pager } from "../lists/Pager";
import { usePages } from "../lists/usePages";
import { usePageInAddress } from "../lists/usePageInAddress";
import { useSession } from "../session/Session";
import { EmptyState } from "../shell/EmptyState";
import { NumberActionsContext, type NumberActions } from "./actions";
import { AddNumberButton } from "./AddNumberButton";
import { NumberCount } from "./NumberCount";
import { NumberFilters } from "./NumberFilters";
import { NumberList } from "./NumberList";
import { NumberSearch } from "./NumberSearch";
import type { Direction } from "../slots/slotChanges";
import { SlotDialog } from "../slots/SlotDialog";
import { ShareDialog } from "./ShareDialog";
import { PageSizeSelect } from "./PageSizeSelect";
import { SortSelect } from "./SortSelect";
import { UnshareDialog } from "./UnshareDialog";
import { useNumberChanges } from "./useNumberChanges";
import { useSetShareable } from "./useSetShareable";
import { readNumberListView } from "./numberListView";

export function NumbersPage() {
  const { canRead } = useSession();
  if (canRead("PHONE_NUMBERS")) return <Numbers />;
  return (
    <EmptyState
      fullPage
      title="Your key may not read phone numbers"
      advice="Sign in with a key that has the scope PHONE_NUMBERS_READ or PHONE_NUMBERS_MANAGE."
    />
  );
}

function Numbers() {
  const { organizationId, canRead } = useSession();
  const [search] = useSearchParams();
  const view = readNumberListView(search);
  const page = usePageInAddress(view.size);
  const { filter, orderBy, size } = view;
  const variables = { organizationId, filter, orderBy, withAgents: canRead("AGENTS"), withTrunks: canRead("TRUNKS") };
  const list = usePages(
    { document: PhoneNumbersDocument, variables, select: (data) => data.phoneNumbers, size },
    page.anchor,
  );
  const { snapshot, store } = list;
  const ids = useMemo(() => snapshot.nodes.map(({ id }) => id), [snapshot.nodes]);
  const live = useNumberChanges(ids, view.filtered, store);
  const { actions, dialogs } = useNumberDialogs(snapshot.nodes);

  return (
    <NumberActionsContext value={actions}>
      <title>Phone numbers · Dialtree</title>
      <h1 className="visually-hidden">Phone numbers</h1>
      <div className="toolbar">
        <NumberSearch label="Search numbers" />
        <NumberFilters />
        <SortSelect />
        <AddNumberButton added={live.scheduleReload} />
      </div>
      <NumberList list={list} view={view} page={page} />
      <Pager snapshot={snapshot} currentPage={page.anchor} label="phone numbers">
        {live.isStale && (
          <button className="button small primary" onClick={live.reload}>
            The list has changed: show it
          </button>
        )}
        <PageSizeSelect />
        <NumberCount loaded={ids.length} filter={filter} version={live.version} />
      </Pager>
      {dialogs}
    </NumberActionsContext>
  );
}

/** Returns the actions of the rows that the key may do, and the dialogs that they open. */
function useNumberDialogs(numbers: readonly NumberRowFragment[]) {
  const { canManage, canRead } = useSession();
  const [opened, setOpened] = useState<{ number: NumberRowFragment; slot: Direction } | null>(null);
  const [unsharing, setUnsharing] = useState<NumberRowFragment | null>(null);
  const [sharing, setSharing] = useState<NumberRowFragment | null>(null);
  const share = useSetShareable();
  const mayEdit = canManage("AGENTS") && canRead("PHONE_NUMBERS");
  const mayShare = canManage("PHONE_NUMBERS");
  const switchSharing = useCallback(
    (number: NumberRowFragment) => (number.shareable ? setUnsharing(number) : void share(number, true)),
    [share],
  );
  const askSharing = useCallback(
    (number: NumberRowFragment) => (number.shareable ? setUnsharing(number) : setSharing(number)),
    [],
  );
  const editSlots = useCallback((number: NumberRowFragment, slot: Direction) => setOpened({ number, slot }), []);
  const actions = useMemo<NumberActions>(
    () => ({
      editSlots: mayEdit ? editSlots : null,
      toggleShareable: mayShare ? switchSharing : null,
      confirmShareable: mayShare ? askSharing : null,
    }),
    [mayEdit, mayShare, editSlots, switchSharing, askSharing],
  );
  const editing = opened && (numbers.find(({ id }) => id === opened.number.id) ?? opened.number);
  const dialogs = (
    <>
      {editing && <SlotDialog number={editing} initialSlot={opened.slot} onClose={() => setOpened(null)} />}
      {sharing && (
        <ShareDialog number={sharing} onClose={() => setSharing(null)} onConfirm={() => void share(sharing, true)} />
      )}
      {unsharing && (
        <UnshareDialog
          number={unsharing}
          onClose={() => setUnsharing(null)}
          onConfirm={() => void share(unsharing, false)}
        />
      )}
    </>
  );
  return { actions, dialogs };
}
