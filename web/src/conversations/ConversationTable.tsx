import { useMemo } from "react";
import { Link, useLocation } from "wouter";
import type { ConversationRowFragment } from "../generated/graphql";
import type { PageStore } from "../lists/PageStore";
import type { Jump } from "../lists/useJump";
import { useRoving } from "../lists/useRoving";
import { useRows } from "../lists/useRows";
import { written } from "../phone";
import { useSession } from "../session/Session";
import { Time } from "../shell/Time";
import { StatusMark } from "./StatusMark";

interface Props {
  list: object;
  conversations: readonly ConversationRowFragment[];
  store: Pick<PageStore<never, never, never>, "watch" | "loadMore">;
  onTop: (index: number) => void;
  jump: Jump | null;
}

export function ConversationTable({ list, conversations, store, onTop, jump }: Props) {
  const { address } = useSession();
  const [, navigate] = useLocation();
  const ids = useMemo(() => conversations.map(({ id }) => id), [conversations]);
  const { box, virtualizer, items, above, below, onScroll } = useRows({
    list,
    ids,
    row: 41,
    card: 84,
    store,
    jump,
    onTop,
  });
  const open = (id: string) => navigate(address(`/conversations/${id}`));
  const roving = useRoving({ box, ids, scrollTo: (index) => virtualizer.scrollToIndex(index), keys: { Enter: open } });

  return (
    <div ref={box} className="table-box" onKeyDown={roving.onKeyDown} onScroll={onScroll}>
      <table className="table conversations" aria-label="Conversations, newest first">
        <thead>
          <tr>
            <th scope="col">Other side</th>
            <th scope="col">Our number</th>
            <th scope="col">Agent</th>
            <th scope="col">Status</th>
            <th scope="col">Created</th>
          </tr>
        </thead>
        <tbody>
          <tr className="spacer" aria-hidden="true" style={{ height: above }} />
          {items.map(({ index }) => {
            const conversation = conversations[index];
            return conversation ? (
              <tr
                key={conversation.id}
                ref={virtualizer.measureElement}
                data-index={index}
                data-row={conversation.id}
                tabIndex={conversation.id === roving.current ? 0 : -1}
                onFocus={() => roving.activate(conversation.id)}
                onClick={() => open(conversation.id)}
              >
                <Cells conversation={conversation} href={address(`/conversations/${conversation.id}`)} />
              </tr>
            ) : null;
          })}
          <tr className="spacer" aria-hidden="true" style={{ height: below }} />
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
      <td className="col-other">
        <span className="direction" title={outbound ? "Outbound: we called" : "Inbound: they called"}>
          <span aria-hidden="true">{outbound ? "↗" : "↙"}</span>
          <span className="visually-hidden">{outbound ? "Outbound to" : "Inbound from"}</span>
        </span>
        <Link href={href} tabIndex={-1} className="row-link" onClick={(event) => event.stopPropagation()}>
          {userNumber ? written(userNumber) : "Withheld"}
        </Link>
      </td>
      <td className="col-ours">{written(agentNumber)}</td>
      <td className="col-agent">
        {agentVersion ? (
          <>
            {agentVersion.agent.name} <span className="version">v{agentVersion.number}</span>
          </>
        ) : (
          <span className="quiet">{agentVersion === null ? "Inline" : "—"}</span>
        )}
      </td>
      <td className="col-status">
        <StatusMark conversation={conversation} />
      </td>
      <td className="col-created">
        <Time at={createdAt} />
      </td>
    </>
  );
}
