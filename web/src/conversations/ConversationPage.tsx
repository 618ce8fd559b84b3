import { useCallback } from "react";
import { useQuery } from "urql";
import { Link } from "wouter";
import { Resolution } from "../choosing/Resolution";
import { ConversationDocument, type ConversationQuery } from "../generated/graphql";
import { BEGAN, useMissed } from "../lists/useMissed";
import { written } from "../phone";
import { useSession } from "../session/Session";
import { Empty } from "../shell/Empty";
import { Loading } from "../shell/Loading";
import { Problem } from "../shell/Problem";
import { CallControls } from "./CallControls";
import { Facts } from "./Facts";
import { LiveStatus } from "./LiveStatus";
import { TransferCallerId } from "./TransferCallerId";
import { Transfers } from "./Transfers";

export function ConversationPage({ id }: { id: string }) {
  const { address, reads } = useSession();
  const [{ data, error, fetching }, again] = useQuery({
    query: ConversationDocument,
    variables: { id, withAgents: reads("AGENTS") },
    requestPolicy: "cache-and-network",
  });
  const fresh = useCallback(() => again({ requestPolicy: "network-only" }), [again]);
  useMissed(fresh);
  useMissed(fresh, BEGAN);
  const conversation = data?.conversation;
  const back = (
    <Link className="button" href={address("/conversations")}>
      All conversations
    </Link>
  );
  if (conversation) return <Conversation conversation={conversation} />;
  if (error) {
    return (
      <Problem whole error={error} retry={fresh}>
        {back}
      </Problem>
    );
  }
  if (fetching) return <Loading what="the conversation" />;
  return (
    <Empty whole title="There is no such conversation" advice="Its address is mistyped, or your key may not see it.">
      {back}
    </Empty>
  );
}

function Conversation({ conversation }: { conversation: NonNullable<ConversationQuery["conversation"]> }) {
  const { address } = useSession();
  const { direction, userNumber, resolution } = conversation;
  const other = userNumber ? written(userNumber) : "a withheld number";
  return (
    <div className="conversation">
      <title>{`Call with ${other} · Dialtree`}</title>
      <Link className="back" href={address("/conversations")}>
        ← Conversations
      </Link>
      <h1>
        {direction === "OUTBOUND" ? "Call to" : "Call from"} {other}
      </h1>
      <section className="panel" aria-label="Status">
        <LiveStatus conversation={conversation} />
        <CallControls conversation={conversation} />
      </section>
      <section aria-labelledby="why">
        <h2 id="why">Why this number</h2>
        {resolution ? (
          <Resolution resolution={resolution} tense="was" />
        ) : (
          <p className="quiet">Nothing was chosen: the other side called it.</p>
        )}
      </section>
      <TransferCallerId id={conversation.id} />
      <Transfers transfers={conversation.transfers} />
      <Facts conversation={conversation} />
    </div>
  );
}
