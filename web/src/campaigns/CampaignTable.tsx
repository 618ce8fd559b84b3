import { useMemo } from "react";
import { Link, useLocation } from "wouter";
import type { CampaignRowFragment } from "../generated/graphql";
import type { PageStore } from "../lists/PageStore";
import type { ScrollTarget } from "../lists/useScrollTarget";
import { isPlainClick } from "../lists/isPlainClick";
import { useRovingTabIndex } from "../lists/useRovingTabIndex";
import { useVirtualRows } from "../lists/useVirtualRows";
import { useSession } from "../session/Session";
import { CampaignStatusBadge } from "./CampaignStatusBadge";
import { ContactStatusBar } from "./ContactStatusBar";
import { WAIT_LABELS } from "./labels";

interface Props {
  list: object;
  campaigns: readonly CampaignRowFragment[];
  store: Pick<PageStore<never, never, never>, "setVisibleRows" | "loadMore">;
  onTopRowChange: (index: number) => void;
  scrollTarget: ScrollTarget | null;
}

export function CampaignTable({ list, campaigns, store, onTopRowChange, scrollTarget }: Props) {
  const { href } = useSession();
  const [, navigate] = useLocation();
  const ids = useMemo(() => campaigns.map(({ id }) => id), [campaigns]);
  const { scrollBox, virtualizer, items, spaceAbove, spaceBelow, onScroll } = useVirtualRows({
    list,
    ids,
    rowHeight: 41,
    cardHeight: 104,
    store,
    scrollTarget,
    onTopRowChange,
  });
  const open = (id: string) => navigate(href(`/campaigns/${id}`));
  const roving = useRovingTabIndex({
    box: scrollBox,
    ids,
    scrollTo: (index) => virtualizer.scrollToIndex(index),
    keys: { Enter: open },
  });

  return (
    <div ref={scrollBox} className="table-box" onKeyDown={roving.onKeyDown} onScroll={onScroll}>
      <table className="table campaigns" aria-label="Campaigns, newest first">
        <Head />
        <tbody>
          <tr className="spacer" aria-hidden="true" style={{ height: spaceAbove }} />
          {items.map(({ index }) => {
            const campaign = campaigns[index];
            return campaign ? (
              <tr
                key={campaign.id}
                ref={virtualizer.measureElement}
                data-index={index}
                data-row={campaign.id}
                tabIndex={campaign.id === roving.activeId ? 0 : -1}
                onFocus={() => roving.setActiveId(campaign.id)}
                onClick={(event) => isPlainClick(event) && open(campaign.id)}
              >
                <Cells campaign={campaign} href={href(`/campaigns/${campaign.id}`)} />
              </tr>
            ) : null;
          })}
          <tr className="spacer" aria-hidden="true" style={{ height: spaceBelow }} />
        </tbody>
      </table>
    </div>
  );
}

function Head() {
  return (
    <thead>
      <tr>
        <th scope="col" className="col-name">
          Name
        </th>
        <th scope="col" className="col-status">
          Status
        </th>
        <th scope="col" className="col-contacts">
          Contacts
        </th>
        <th scope="col" className="col-live">
          Live calls
        </th>
        <th scope="col" className="col-limit">
          Limited by
        </th>
      </tr>
    </thead>
  );
}

function Cells({ campaign, href }: { campaign: CampaignRowFragment; href: string }) {
  const { name, status, statistics } = campaign;
  return (
    <>
      <td className="col-name">
        <Link href={href} tabIndex={-1} className="row-link">
          {name}
        </Link>
      </td>
      <td className="col-status">
        <CampaignStatusBadge campaign={campaign} />
      </td>
      <td className="col-contacts">
        <span className="contact-cell">
          <span className="contact-count">{statistics.contacts.toLocaleString("en")}</span>
          <ContactStatusBar statistics={statistics} />
        </span>
      </td>
      <td className="col-live">{statistics.liveCalls.toLocaleString("en")}</td>
      <td className="col-limit muted">
        {status === "RUNNING" && statistics.limitedBy ? WAIT_LABELS[statistics.limitedBy] : "—"}
      </td>
    </>
  );
}
