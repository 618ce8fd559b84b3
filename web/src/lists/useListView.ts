import { useSearchParams } from "wouter";
import type { ListSource } from "./PageStore";
import { usePageInAddress } from "./usePageInAddress";
import { usePages } from "./usePages";
import { useScrollTarget } from "./useScrollTarget";

/** A list with its filters and its page in the address: what `ListView` shows. */
export function useListView<Data, Variables extends object, Node extends { id: string }>(
  source: Omit<ListSource<Data, Variables, Node>, "client">,
  filterParams: readonly string[],
) {
  const [search, setSearch] = useSearchParams();
  const page = usePageInAddress(source.size);
  const list = usePages(source, page.anchor);
  const { scrollTarget, isPending } = useScrollTarget(list, page);
  const clearFilters = () =>
    setSearch((old) => {
      [...filterParams, "after", "before"].forEach((name) => old.delete(name));
      return old;
    });
  const onTopRowChange = (index: number) => {
    if (!isPending) page.followScroll(list.snapshot.starts, index);
  };
  const filtered = filterParams.some((name) => search.get(name));
  return { ...list, anchor: page.anchor, scrollTarget, onTopRowChange, filtered, clearFilters };
}
