import { useSearchParams } from "wouter";
import type { NumberRowFragment } from "../generated/graphql";
import type { Snapshot } from "../lists/pages";
import type { PageStore } from "../lists/PageStore";
import { useJump } from "../lists/useJump";
import type { usePlace } from "../lists/usePlace";
import { useSession } from "../session/Session";
import { Empty } from "../shell/Empty";
import { Loading } from "../shell/Loading";
import { Problem } from "../shell/Problem";
import { WayOut } from "../shell/WayOut";
import { NumberTable } from "./NumberTable";
import { withParameter } from "../lists/useTyped";
import { type View, cleared } from "./view";

interface Props {
  list: {
    store: Pick<PageStore<never, never, NumberRowFragment>, "watch" | "loadMore" | "loadEarlier" | "reload">;
    snapshot: Snapshot<NumberRowFragment>;
    shown: object;
    waiting: boolean;
  };
  view: View;
  place: ReturnType<typeof usePlace>;
}

export function NumberList({ list, view, place }: Props) {
  const { store, snapshot, shown, waiting } = list;
  const [, setSearch] = useSearchParams();
  const { jump, pending } = useJump(list, place);
  const clear = () => setSearch(cleared);

  if (snapshot.nodes.length === 0) {
    if (snapshot.error) {
      return (
        <Problem error={snapshot.error} retry={() => void store.reload()}>
          <WayOut error={snapshot.error} clear={clear} />
        </Problem>
      );
    }
    if (snapshot.loading) return <Loading what="phone numbers" />;
    return <NoNumbers filtered={view.filtered} clear={clear} />;
  }
  return (
    <div className="list" data-waiting={waiting} aria-busy={waiting}>
      {snapshot.error && <Problem error={snapshot.error} retry={() => void store.reload()} />}
      {snapshot.before?.hasPreviousPage && (
        <button className="earlier" onClick={store.loadEarlier}>
          ↑ Show the numbers before these
        </button>
      )}
      <NumberTable
        list={shown}
        numbers={snapshot.nodes}
        sort={view.sort}
        setSort={(sort) => setSearch((old) => withParameter(old, "sort", sort === "number" ? "" : sort))}
        hasMore={snapshot.after?.hasNextPage ?? false}
        store={store}
        onTop={(index) => pending || place.follow(snapshot.starts, index)}
        jump={jump}
      />
    </div>
  );
}

function NoNumbers({ filtered, clear }: { filtered: boolean; clear: () => void }) {
  const { manages } = useSession();
  if (filtered) {
    return (
      <Empty title="No number matches" advice="Search for fewer digits, or loosen the filters.">
        <button className="button" onClick={clear}>
          Clear the filters
        </button>
      </Empty>
    );
  }
  const advice = manages("PHONE_NUMBERS")
    ? "Add the first one above, or ask the organization above you to share one of its own."
    : "Somebody with a key that manages phone numbers can add one, or the organization above you can share one.";
  return <Empty title="No numbers yet" advice={advice} />;
}
