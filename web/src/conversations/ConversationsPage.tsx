import { useMemo } from "react";
import { useSearchParams } from "wouter";
import { ConversationsDocument } from "../generated/graphql";
import { Pager } from "../lists/Pager";
import { useJump } from "../lists/useJump";
import { usePages } from "../lists/usePages";
import { usePlace } from "../lists/usePlace";
import { useSession } from "../session/Session";
import { Empty } from "../shell/Empty";
import { Loading } from "../shell/Loading";
import { Problem } from "../shell/Problem";
import { WayOut } from "../shell/WayOut";
import { ConversationFilters } from "./ConversationFilters";
import { ConversationTable } from "./ConversationTable";
import { NAMES, readFilter } from "./filter";
import { useConversationChanges } from "./useConversationChanges";

const SIZE = 50;

export function ConversationsPage() {
  const { reads } = useSession();
  if (reads("CONVERSATIONS")) return <Conversations />;
  return (
    <Empty
      whole
      title="Your key may not read conversations"
      advice="Sign in with a key that has the scope CONVERSATIONS_READ or CONVERSATIONS_MANAGE."
    />
  );
}

function Conversations() {
  const { organizationId, reads } = useSession();
  const [search, setSearch] = useSearchParams();
  const place = usePlace(SIZE);
  const variables = { organizationId, filter: readFilter(search), withAgents: reads("AGENTS") };
  const list = usePages(
    { document: ConversationsDocument, variables, select: (data) => data.conversations, size: SIZE },
    place.anchor,
  );
  const { store, snapshot, shown, waiting } = list;
  const { jump, pending } = useJump(list, place);
  const ids = useMemo(() => snapshot.nodes.map(({ id }) => id), [snapshot.nodes]);
  const filtered = NAMES.some((name) => search.get(name));
  const live = useConversationChanges(ids, filtered, store);
  const clear = () =>
    setSearch((old) => {
      [...NAMES, "after", "before"].forEach((name) => old.delete(name));
      return old;
    });

  return (
    <>
      <title>Conversations · Dialtree</title>
      <h1 className="visually-hidden">Conversations</h1>
      <ConversationFilters />
      {snapshot.error && (
        <Problem error={snapshot.error} retry={() => void store.reload()}>
          <WayOut error={snapshot.error} clear={clear} />
        </Problem>
      )}
      {snapshot.nodes.length > 0 && (
        <div className="list" data-waiting={waiting} aria-busy={waiting}>
          <ConversationTable
            list={shown}
            conversations={snapshot.nodes}
            store={store}
            onTop={(index) => pending || place.follow(snapshot.starts, index)}
            jump={jump}
          />
        </div>
      )}
      {snapshot.nodes.length === 0 && snapshot.loading && !snapshot.error && <Loading what="conversations" />}
      {snapshot.nodes.length === 0 && !snapshot.loading && !snapshot.error && (
        <None filtered={filtered} clear={clear} />
      )}
      <Pager snapshot={snapshot} place={place.anchor} what="conversations">
        {live.outdated && (
          <button className="button small primary" onClick={live.bringUpToDate}>
            There are newer ones: show them
          </button>
        )}
        <span className="count">{ids.length.toLocaleString("en")} loaded</span>
      </Pager>
    </>
  );
}

function None({ filtered, clear }: { filtered: boolean; clear: () => void }) {
  if (!filtered) {
    return (
      <Empty title="No conversations yet" advice="Call somebody from Which number?, or let a back end create one." />
    );
  }
  return (
    <Empty
      title="No conversation matches"
      advice="Numbers are matched whole, with their country code. Or loosen the filters."
    >
      <button className="button" onClick={clear}>
        Clear the filters
      </button>
    </Empty>
  );
}
