import { useSearchParams } from "wouter";
import type { NumberRowFragment } from "../generated/graphql";
import type { Snapshot } from "../lists/pages";
import type { PageStore } from "../lists/PageStore";
import { useScrollTarget } from "../lists/useScrollTarget";
import type { usePageInAddress } from "../lists/usePageInAddress";
import { useSession } from "../session/Session";
import { EmptyState } from "../shell/EmptyState";
import { Loading } from "../shell/Loading";
import { ErrorMessage } from "../shell/ErrorMessage";
import { ErrorRecovery } from "../shell/ErrorRecovery";
import { NumberTable } from "./NumberTable";
import { withSearchParam } from "../lists/useSearchParamText";
import { type NumberListView, withoutFilters } from "./numberListView";

interface Props {
  list: {
    store: Pick<PageStore<never, never, NumberRowFragment>, "setVisibleRows" | "loadMore" | "loadEarlier" | "reload">;
    snapshot: Snapshot<NumberRowFragment>;
    shownList: object;
    isStale: boolean;
  };
  view: NumberListView;
  page: ReturnType<typeof usePageInAddress>;
}

export function NumberList({ list, view, page }: Props) {
  const { store, snapshot, shownList, isStale } = list;
  const [, setSearch] = useSearchParams();
  const { scrollTarget, isPending } = useScrollTarget(list, page);
  const clearFilters = () => setSearch(withoutFilters);

  if (snapshot.nodes.length === 0) {
    if (snapshot.error) {
      return (
        <ErrorMessage error={snapshot.error} retry={() => void store.reload()}>
          <ErrorRecovery error={snapshot.error} clear={clearFilters} />
        </ErrorMessage>
      );
    }
    if (snapshot.loading) return <Loading label="phone numbers" />;
    return <NoNumbers filtered={view.filtered} clear={clearFilters} />;
  }
  return (
    <div className="list" data-stale={isStale} aria-busy={isStale}>
      {snapshot.error && <ErrorMessage error={snapshot.error} retry={() => void store.reload()} />}
      {snapshot.before?.hasPreviousPage && (
        <button className="load-earlier" onClick={store.loadEarlier}>
          ↑ Show the numbers before these
        </button>
      )}
      <NumberTable
        list={shownList}
        numbers={snapshot.nodes}
        sort={view.sort}
        setSort={(sort) => setSearch((old) => withSearchParam(old, "sort", sort === "number" ? "" : sort))}
        hasMore={snapshot.after?.hasNextPage ?? false}
        store={store}
        onTopRowChange={(index) => isPending || page.followScroll(snapshot.starts, index)}
        scrollTarget={scrollTarget}
      />
    </div>
  );
}

function NoNumbers({ filtered, clear }: { filtered: boolean; clear: () => void }) {
  const { canManage } = useSession();
  if (filtered) {
    return (
      <EmptyState title="No number matches" advice="Search for fewer digits, or loosen the filters.">
        <button className="button" onClick={clear}>
          Clear the filters
        </button>
      </EmptyState>
    );
  }
  const advice = canManage("PHONE_NUMBERS")
    ? "Add the first one above, or ask the organization above you to share one of its own."
    : "Somebody with a key that manages phone numbers can add one, or the organization above you can share one.";
  return <EmptyState title="No numbers yet" advice={advice} />;
}
