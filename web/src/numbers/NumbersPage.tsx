import { useCallback, useMemo, useState } from "react";
import { useSearchParams } from "wouter";
import { type NumberRowFragment, PhoneNumbersDocument } from "../generated/graphql";
import { Pager } from "../lists/Pager";
import { usePages } from "../lists/usePages";
import { usePlace } from "../lists/usePlace";
import { useSession } from "../session/Session";
import { Empty } from "../shell/Empty";
import { ActionsContext, type NumberActions } from "./actions";
import { AddNumberButton } from "./AddNumberButton";
import { Count } from "./Count";
import { Filters } from "./Filters";
import { NumberList } from "./NumberList";
import { Search } from "./Search";
import type { Direction } from "../slots/plan";
import { SlotDialog } from "../slots/SlotDialog";
import { SizePick } from "./SizePick";
import { SortPick } from "./SortPick";
import { UnshareDialog } from "./UnshareDialog";
import { useNumberChanges } from "./useNumberChanges";
import { useShareSwitch } from "./useShareSwitch";
import { readView } from "./view";

export function NumbersPage() {
  const { reads } = useSession();
  if (reads("PHONE_NUMBERS")) return <Numbers />;
  return (
    <Empty
      whole
      title="Your key may not read phone numbers"
      advice="Sign in with a key that has the scope PHONE_NUMBERS_READ or PHONE_NUMBERS_MANAGE."
    />
  );
}

function Numbers() {
  const { organizationId, reads } = useSession();
  const [search] = useSearchParams();
  const view = readView(search);
  const place = usePlace(view.size);
  const { filter, orderBy, size } = view;
  const variables = { organizationId, filter, orderBy, withAgents: reads("AGENTS"), withTrunks: reads("TRUNKS") };
  const list = usePages(
    { document: PhoneNumbersDocument, variables, select: (data) => data.phoneNumbers, size },
    place.anchor,
  );
  const { snapshot, store } = list;
  const ids = useMemo(() => snapshot.nodes.map(({ id }) => id), [snapshot.nodes]);
  const live = useNumberChanges(ids, view.filtered, store);
  const { actions, dialogs } = useDialogs(snapshot.nodes);

  return (
    <ActionsContext value={actions}>
      <title>Phone numbers · Dialtree</title>
      <h1 className="visually-hidden">Phone numbers</h1>
      <div className="toolbar">
        <Search label="Search numbers" />
        <Filters />
        <SortPick />
        <AddNumberButton added={live.consider} />
      </div>
      <NumberList list={list} view={view} place={place} />
      <Pager snapshot={snapshot} place={place.anchor} what="phone numbers">
        {live.outdated && (
          <button className="button small primary" onClick={live.bringUpToDate}>
            The list has changed: show it
          </button>
        )}
        <SizePick />
        <Count loaded={ids.length} filter={filter} version={live.version} />
      </Pager>
      {dialogs}
    </ActionsContext>
  );
}

/** The dialogs that a row opens, and what each of them needs the key to hold. */
function useDialogs(numbers: readonly NumberRowFragment[]) {
  const { manages, reads } = useSession();
  const [opened, setOpened] = useState<{ number: NumberRowFragment; slot: Direction } | null>(null);
  const [unsharing, setUnsharing] = useState<NumberRowFragment | null>(null);
  const share = useShareSwitch();
  const mayEdit = manages("AGENTS") && reads("PHONE_NUMBERS");
  const mayShare = manages("PHONE_NUMBERS");
  const switchSharing = useCallback(
    (number: NumberRowFragment) => (number.shareable ? setUnsharing(number) : void share(number, true)),
    [share],
  );
  const editSlots = useCallback((number: NumberRowFragment, slot: Direction) => setOpened({ number, slot }), []);
  const actions = useMemo<NumberActions>(
    () => ({ editSlots: mayEdit ? editSlots : null, switchSharing: mayShare ? switchSharing : null }),
    [mayEdit, mayShare, editSlots, switchSharing],
  );
  const editing = opened && (numbers.find(({ id }) => id === opened.number.id) ?? opened.number);
  const dialogs = (
    <>
      {editing && <SlotDialog number={editing} slot={opened.slot} close={() => setOpened(null)} />}
      {unsharing && (
        <UnshareDialog
          number={unsharing}
          close={() => setUnsharing(null)}
          switchOff={() => void share(unsharing, false)}
        />
      )}
    </>
  );
  return { actions, dialogs };
}
