import { useCallback } from "react";
import { useQuery } from "urql";
import { Link } from "wouter";
import { Resolution } from "../which-number/Resolution";
import { ConversationDocument, type ConversationQuery } from "../generated/graphql";
import { SUBSCRIBED_EVENTS, useRefetchOn } from "../lists/useRefetch";
import { formatPhoneNumber } from "../phoneNumber";
import { useSession } from "../session/Session";
import { EmptyState } from "../shell/EmptyState";
import { Loading } from "../shell/Loading";
import { ErrorMessage } from "../shell/ErrorMessage";
import { CallControls } from "./CallControls";
import { ConversationDetails } from "./ConversationDetails";
import { LiveStatus } from "./LiveStatus";
import { CallerIdPreview } from "./CallerIdPreview";
import { LatestTransferStatus, TransferList } from "./TransferList";

export function ConversationPage({ id }: { id: string }) {
  const { href, canRead } = useSession();
  const [{ data, error, fetching }, execute] = useQuery({
    query: ConversationDocument,
    variables: {
      id,
      withNumbers: canRead("PHONE_NUMBERS"),
      withAgents: canRead("AGENTS"),
      withCampaigns: canRead("CAMPAIGNS"),
    },
    requestPolicy: "cache-and-network",
  });
  const refetch = useCallback(() => execute({ requestPolicy: "network-only" }), [execute]);
  useRefetchOn(refetch);
  useRefetchOn(refetch, SUBSCRIBED_EVENTS);
  const conversation = data?.conversation;
  const back = (
    <Link className="button" href={href("/conversations")}>
      All conversations
    </Link>
  );
  if (conversation) return <Conversation conversation={conversation} />;
  if (error) {
    return (
      <ErrorMessage fullPage error={error} retry={refetch}>
        {back}
      </ErrorMessage>
    );
  }
  if (fetching) return <Loading label="the conversation" />;
  return (
    <EmptyState
      fullPage
      title="There is no such conversation"
      advice="Its address is mistyped, or your key may not see it."
    >
      {back}
    </EmptyState>
  );
}

function Conversation({ conversation }: { conversation: NonNullable<ConversationQuery["conversation"]> }) {
  const { href } = useSession();
  const { direction, userNumber, resolution } = conversation;
  const newest = conversation.transfers.toSorted((a, b) => b.createdAt.localeCompare(a.createdAt))[0];
  const other = userNumber ? formatPhoneNumber(userNumber) : "a withheld number";
  return (
    <div className="conversation">
      <title>{`Call with ${other} · Dialtree`}</title>
      <Link className="back" href={href("/conversations")}>
        ← Conversations
      </Link>
      <h1>
        {direction === "OUTBOUND" ? "Call to" : "Call from"} {other}
      </h1>
      {conversation.contact && <CampaignLinks contact={conversation.contact} number={other} />}
      <section className="panel" aria-label="Status">
        <LiveStatus conversation={conversation} />
        <CallControls conversation={conversation} />
        {newest && <LatestTransferStatus transfer={newest} />}
      </section>
      <section aria-labelledby="why">
        <h2 id="why">Why this number</h2>
        {resolution ? (
          <Resolution resolution={resolution} />
        ) : (
          <p className="muted">Nothing was chosen: the other party called.</p>
        )}
      </section>
      <CallerIdPreview id={conversation.id} />
      <TransferList transfers={conversation.transfers} />
      <ConversationDetails conversation={conversation} />
    </div>
  );
}

interface CampaignLinksProps {
  contact: NonNullable<NonNullable<ConversationQuery["conversation"]>["contact"]>;
  number: string;
}

/** Leads to the campaign that made the call, and to the contact whom it called. */
function CampaignLinks({ contact: { id, campaign }, number }: CampaignLinksProps) {
  const { href } = useSession();
  return (
    <p className="conversation-campaign">
      <span className="muted">Of the campaign</span>{" "}
      <Link href={href(`/campaigns/${campaign.id}`)}>{campaign.name}</Link>
      <span className="muted">, to its contact</span>{" "}
      <Link href={href(`/campaigns/${campaign.id}/contacts/${id}`)}>{number}</Link>
    </p>
  );
}
