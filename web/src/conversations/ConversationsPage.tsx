import { useMemo } from "react";
import { useSearchParams } from "wouter";
import { ConversationsDocument } from "../generated/graphql";
import { ListView } from "../lists/ListView";
import { useListView } from "../lists/useListView";
import { useSession } from "../session/Session";
import { EmptyState } from "../shell/EmptyState";
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
  const [search] = useSearchParams();
  const variables = { organizationId, filter: readConversationFilter(search), withAgents: canRead("AGENTS") };
  const view = useListView(
    { document: ConversationsDocument, variables, select: (data) => data.conversations, size: PAGE_SIZE },
    FILTER_PARAMS,
  );
  const ids = useMemo(() => view.snapshot.nodes.map(({ id }) => id), [view.snapshot.nodes]);
  const live = useConversationChanges(ids, view.filtered, view.store);
  return (
    <>
      <title>Conversations · Dialtree</title>
      <h1 className="visually-hidden">Conversations</h1>
      <ConversationFilters />
      <ListView
        view={view}
        label="conversations"
        empty={<NoConversations filtered={view.filtered} clear={view.clearFilters} />}
        table={(rows) => <ConversationTable {...rows} />}
      >
        {live.isStale && (
          <button className="button small primary" onClick={live.reload}>
            There are newer ones: show them
          </button>
        )}
      </ListView>
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
