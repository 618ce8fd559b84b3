import { useMemo } from "react";
import { useSearchParams } from "wouter";
import { ConversationsDocument } from "../generated/graphql";
import { Pager } from "../lists/Pager";
import { useScrollTarget } from "../lists/useScrollTarget";
import { usePages } from "../lists/usePages";
import { usePageInAddress } from "../lists/usePageInAddress";
import { useSession } from "../session/Session";
import { EmptyState } from "../shell/EmptyState";
import { Loading } from "../shell/Loading";
import { ErrorMessage } from "../shell/ErrorMessage";
import { ErrorRecovery } from "../shell/ErrorRecovery";
import { ConversationFilters } from "./ConversationFilters";
import { ConversationTable } from "./ConversationTable";
import { FILTER_PARAMS, readConversationFilter } from "./conversationFilter";
import { useConversationChanges } from "./useConversationChanges";

const PAGE_SIZE = 50;

export function ConversationsPage() {
  const { canRead } = useSession();
  if (canRead("CONVERSATIONS")) return <Conversations />;
  return (
    <EmptyState
      fullPage
      title="Your key may not read conversations"
      advice="Sign in with a key that has the scope CONVERSATIONS_READ or CONVERSATIONS_MANAGE."
    />
  );
}

function Conversations() {
  const { organizationId, canRead } = useSession();
  const [search, setSearch] = useSearchParams();
  const page = usePageInAddress(PAGE_SIZE);
  const variables = { organizationId, filter: readConversationFilter(search), withAgents: canRead("AGENTS") };
  const list = usePages(
    { document: ConversationsDocument, variables, select: (data) => data.conversations, size: PAGE_SIZE },
    page.anchor,
  );
  const { store, snapshot, shownList, isStale } = list;
  const { scrollTarget, isPending } = useScrollTarget(list, page);
  const ids = useMemo(() => snapshot.nodes.map(({ id }) => id), [snapshot.nodes]);
  const filtered = FILTER_PARAMS.some((name) => search.get(name));
  const live = useConversationChanges(ids, filtered, store);
  const clearFilters = () =>
    setSearch((old) => {
      [...FILTER_PARAMS, "after", "before"].forEach((name) => old.delete(name));
      return old;
    });

  return (
    <>
      <title>Conversations · Dialtree</title>
      <h1 className="visually-hidden">Conversations</h1>
      <ConversationFilters />
      {snapshot.error && (
        <ErrorMessage error={snapshot.error} retry={() => void store.reload()}>
          <ErrorRecovery error={snapshot.error} clear={clearFilters} />
        </ErrorMessage>
      )}
      {snapshot.nodes.length > 0 && (
        <div className="list" data-stale={isStale} aria-busy={isStale}>
          <ConversationTable
            list={shownList}
            conversations={snapshot.nodes}
            store={store}
            onTopRowChange={(index) => isPending || page.followScroll(snapshot.starts, index)}
            scrollTarget={scrollTarget}
          />
        </div>
      )}
      {snapshot.nodes.length === 0 && snapshot.loading && !snapshot.error && <Loading label="conversations" />}
      {snapshot.nodes.length === 0 && !snapshot.loading && !snapshot.error && (
        <NoConversations filtered={filtered} clear={clearFilters} />
      )}
      <Pager snapshot={snapshot} currentPage={page.anchor} label="conversations">
        {live.isStale && (
          <button className="button small primary" onClick={live.reload}>
            There are newer ones: show them
          </button>
        )}
        <span className="count">{ids.length.toLocaleString("en")} loaded</span>
      </Pager>
    </>
  );
}

function NoConversations({ filtered, clear }: { filtered: boolean; clear: () => void }) {
  if (!filtered) {
    return (
      <EmptyState
        title="No conversations yet"
        advice="Call somebody from Which number?, or let a back end create one."
      />
    );
  }
  return (
    <EmptyState
      title="No conversation matches"
      advice="Numbers are matched whole, with their country code. Or loosen the filters."
    >
      <button className="button" onClick={clear}>
        Clear the filters
      </button>
    </EmptyState>
  );
}
