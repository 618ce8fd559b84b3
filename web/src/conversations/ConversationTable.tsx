import { useMemo } from "react";
import { Link, useLocation } from "wouter";
import type { ConversationRowFragment } from "../generated/graphql";
import type { PageStore } from "../lists/PageStore";
import type { ScrollTarget } from "../lists/useScrollTarget";
import { isPlainClick } from "../lists/isPlainClick";
import { useRovingTabIndex } from "../lists/useRovingTabIndex";
import { useVirtualRows } from "../lists/useVirtualRows";
import { formatPhoneNumber } from "../phoneNumber";
import { useSession } from "../session/Session";
import { RelativeTime } from "../shell/RelativeTime";
import { StatusBadge } from "./StatusBadge";

interface Props {
  list: object;
  conversations: readonly ConversationRowFragment[];
  store: Pick<PageStore<never, never, never>, "setVisibleRows" | "loadMore">;
  onTopRowChange: (index: number) => void;
  scrollTarget: ScrollTarget | null;
}

export function ConversationTable({ list, conversations, store, onTopRowChange, scrollTarget }: Props) {
  const { href } = useSession();
  const [, navigate] = useLocation();
  const ids = useMemo(() => conversations.map(({ id }) => id), [conversations]);
  const { scrollBox, virtualizer, items, spaceAbove, spaceBelow, onScroll } = useVirtualRows({
    list,
    ids,
    rowHeight: 41,
    cardHeight: 84,
    store,
    scrollTarget,
    onTopRowChange,
  });
  const open = (id: string) => navigate(href(`/conversations/${id}`));
  const roving = useRovingTabIndex({
    box: scrollBox,
    ids,
    scrollTo: (index) => virtualizer.scrollToIndex(index),
    keys: { Enter: open },
  });

  return (
    <div ref={scrollBox} className="table-box" onKeyDown={roving.onKeyDown} onScroll={onScroll}>
      <table className="table conversations" aria-label="Conversations, newest first">
        <thead>
          <tr>
            <th scope="col" className="col-user-number">
              Other party
            </th>
            <th scope="col" className="col-agent-number">
              Our number
            </th>
            <th scope="col" className="col-agent">
              Agent
            </th>
            <th scope="col" className="col-status">
              Status
            </th>
            <th scope="col" className="col-created">
              Created
            </th>
          </tr>
        </thead>
        <tbody>
          <tr className="spacer" aria-hidden="true" style={{ height: spaceAbove }} />
          {items.map(({ index }) => {
            const conversation = conversations[index];
            return conversation ? (
              <tr
                key={conversation.id}
                ref={virtualizer.measureElement}
                data-index={index}
                data-row={conversation.id}
                tabIndex={conversation.id === roving.activeId ? 0 : -1}
                onFocus={() => roving.setActiveId(conversation.id)}
                onClick={(event) => isPlainClick(event) && open(conversation.id)}
              >
                <Cells conversation={conversation} href={href(`/conversations/${conversation.id}`)} />
              </tr>
            ) : null;
          })}
          <tr className="spacer" aria-hidden="true" style={{ height: spaceBelow }} />
        </tbody>
      </table>
    </div>
  );
}

function Cells({ conversation, href }: { conversation: ConversationRowFragment; href: string }) {
  const { direction, userNumber, agentNumber, agentVersion, createdAt } = conversation;
  const outbound = direction === "OUTBOUND";
  return (
    <>
      <td className="col-user-number">
        <span className="direction" title={outbound ? "Outbound: we called" : "Inbound: they called"}>
          <span aria-hidden="true">{outbound ? "↗" : "↙"}</span>
          <span className="visually-hidden">{outbound ? "Outbound to" : "Inbound from"}</span>
        </span>
        <Link href={href} tabIndex={-1} className="row-link">
          {userNumber ? formatPhoneNumber(userNumber) : "Withheld"}
        </Link>
      </td>
      <td className="col-agent-number">{formatPhoneNumber(agentNumber)}</td>
      <td className="col-agent">
        {agentVersion ? (
          <>
            {agentVersion.agent.name} <span className="version">v{agentVersion.number}</span>
          </>
        ) : (
          <span className="muted">{agentVersion === null ? "Inline" : "—"}</span>
        )}
      </td>
      <td className="col-status">
        <StatusBadge conversation={conversation} />
      </td>
      <td className="col-created">
        <RelativeTime at={createdAt} />
      </td>
    </>
  );
}
