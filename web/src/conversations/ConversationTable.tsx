import { Link } from "wouter";
import type { ConversationRowFragment } from "../generated/graphql";
import { RowTable, type TableRows } from "../lists/RowTable";
import { formatPhoneNumber } from "../phoneNumber";
import { useSession } from "../session/Session";
import { RelativeTime } from "../shell/RelativeTime";
import { StatusBadge } from "./StatusBadge";

const COLUMNS = [
  ["col-user-number", "Other party"],
  ["col-agent-number", "Our number"],
  ["col-agent", "Agent"],
  ["col-status", "Status"],
  ["col-created", "Created"],
] as const;

export function ConversationTable(rows: TableRows<ConversationRowFragment>) {
  const { href } = useSession();
  return (
    <RowTable
      {...rows}
      className="conversations"
      label="Conversations, newest first"
      columns={COLUMNS}
      cardHeight={84}
      hrefOf={(id) => href(`/conversations/${id}`)}
      cells={(conversation, to) => <Cells conversation={conversation} href={to} />}
    />
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
