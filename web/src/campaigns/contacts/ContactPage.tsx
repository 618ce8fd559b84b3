import { Link } from "wouter";
import { formatPhoneNumber } from "../../phoneNumber";
import { useSession } from "../../session/Session";
import { EmptyState } from "../../shell/EmptyState";
import { ErrorMessage } from "../../shell/ErrorMessage";
import { Loading } from "../../shell/Loading";
import { MayNotReadCampaigns } from "../CampaignsPage";
import { AttemptTimeline } from "./AttemptTimeline";
import { ContactDetails } from "./ContactDetails";
import { ContactStanding } from "./ContactStanding";
import { RemoveContact } from "./RemoveContact";
import { type LiveContact, useLiveContact } from "./useLiveContact";

interface Props {
  campaignId: string;
  id: string;
}

export function ContactPage(props: Props) {
  const { canRead } = useSession();
  return canRead("CAMPAIGNS") ? <LoadedContact {...props} /> : <MayNotReadCampaigns />;
}

function LoadedContact({ campaignId, id }: Props) {
  const { href } = useSession();
  const { contact, error, refetch } = useLiveContact(campaignId, id);
  const back = (
    <Link className="button" href={href(`/campaigns/${campaignId}/contacts`)}>
      All contacts
    </Link>
  );
  if (contact) return <Contact contact={contact} changed={refetch} />;
  if (error) {
    return (
      <ErrorMessage fullPage error={error} retry={refetch}>
        {back}
      </ErrorMessage>
    );
  }
  if (contact === undefined) return <Loading label="the contact" />;
  return (
    <EmptyState fullPage title="There is no such contact" advice="Its address is mistyped, or your key may not see it.">
      {back}
    </EmptyState>
  );
}

function Contact({ contact, changed }: { contact: LiveContact; changed: () => void }) {
  const { href } = useSession();
  const { campaign } = contact;
  const number = formatPhoneNumber(contact.e164);
  return (
    <div className="campaign">
      <title>{`Contact ${number} · Dialtree`}</title>
      <nav className="contact-path" aria-label="Where this is">
        <Link className="back" href={href(`/campaigns/${campaign.id}`)}>
          ← {campaign.name}
        </Link>
        <Link className="back" href={href(`/campaigns/${campaign.id}/contacts`)}>
          Contacts
        </Link>
      </nav>
      <header className="campaign-head">
        <h1>{number}</h1>
        <RemoveContact contact={contact} changed={changed} />
      </header>
      <ContactStanding contact={contact} />
      <AttemptTimeline contact={contact} changed={changed} />
      <ContactDetails contact={contact} />
    </div>
  );
}
