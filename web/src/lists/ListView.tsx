import type { ReactNode } from "react";
import { ErrorMessage } from "../shell/ErrorMessage";
import { ErrorRecovery } from "../shell/ErrorRecovery";
import { Loading } from "../shell/Loading";
import { Pager } from "./Pager";
import type { TableRows } from "./RowTable";
import type { useListView } from "./useListView";

type View<Node extends { id: string }> = ReturnType<typeof useListView<unknown, object, Node>>;

interface Props<Node extends { id: string }> {
  view: Omit<View<Node>, "store"> & { store: Pick<View<Node>["store"], "reload" | "setVisibleRows" | "loadMore"> };
  /** What the rows are, in the plural. */
  label: string;
  /** The server answers pages onward alone. */
  onwardOnly?: boolean;
  empty: ReactNode;
  table: (rows: TableRows<Node>) => ReactNode;
  /** Shown in the pager. */
  children?: ReactNode;
}

/** Shows a list: its rows or that there are none, its error with ways out of it, and its pager. */
export function ListView<Node extends { id: string }>(props: Props<Node>) {
  const { view, label, onwardOnly = false, empty, table, children } = props;
  const { snapshot, store, isStale, scrollTarget, onTopRowChange, clearFilters } = view;
  const { error, nodes, loading } = snapshot;
  return (
    <>
      {error && (
        <ErrorMessage error={error} retry={() => void store.reload()}>
          <ErrorRecovery error={error} clear={clearFilters} />
        </ErrorMessage>
      )}
      {nodes.length > 0 && (
        <div className="list" data-stale={isStale} aria-busy={isStale}>
          {table({ list: view.shownList, rows: nodes, store, onTopRowChange, scrollTarget })}
        </div>
      )}
      {nodes.length === 0 && !error && (loading ? <Loading label={label} /> : empty)}
      <Pager snapshot={snapshot} currentPage={view.anchor} label={label} onwardOnly={onwardOnly}>
        {children}
        <span className="count">{nodes.length.toLocaleString("en")} loaded</span>
      </Pager>
    </>
  );
}
