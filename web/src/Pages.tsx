import { Redirect, Route, Switch } from "wouter";
import { CampaignPage } from "./campaigns/CampaignPage";
import { CampaignsPage } from "./campaigns/CampaignsPage";
import { ContactPage } from "./campaigns/contacts/ContactPage";
import { ContactsPage } from "./campaigns/contacts/ContactsPage";
import { ImportsPage } from "./campaigns/imports/ImportsPage";
import { NewCampaignPage } from "./campaigns/setup/NewCampaignPage";
import { SetupPage } from "./campaigns/setup/SetupPage";
import { WhichNumberPage } from "./which-number/WhichNumberPage";
import { ConversationPage } from "./conversations/ConversationPage";
import { ConversationsPage } from "./conversations/ConversationsPage";
import { NumbersPage } from "./numbers/NumbersPage";
import { useSession } from "./session/Session";
import { EmptyState } from "./shell/EmptyState";
import { NotFound } from "./shell/NotFound";
import { NAVIGATION } from "./shell/navigation";
import { Shell } from "./shell/Shell";

export function Pages() {
  return (
    <Shell>
      <Switch>
        <Route path="/">
          <FirstPage />
        </Route>
        <Route path="/numbers" component={NumbersPage} />
        <Route path="/which-number" component={WhichNumberPage} />
        <Route path="/conversations" component={ConversationsPage} />
        <Route path="/conversations/:id">{({ id }) => <ConversationPage id={id} />}</Route>
        <Route path="/campaigns" component={CampaignsPage} />
        <Route path="/campaigns/new" component={NewCampaignPage} />
        <Route path="/campaigns/:id">{({ id }) => <CampaignPage id={id} />}</Route>
        <Route path="/campaigns/:id/imports">{({ id }) => <ImportsPage id={id} />}</Route>
        <Route path="/campaigns/:id/setup">{({ id }) => <SetupPage id={id} />}</Route>
        <Route path="/campaigns/:id/contacts">{({ id }) => <ContactsPage campaignId={id} />}</Route>
        <Route path="/campaigns/:id/contacts/:contact">
          {({ id, contact }) => <ContactPage campaignId={id} id={contact} />}
        </Route>
        <Route component={NotFound} />
      </Switch>
    </Shell>
  );
}

/** Redirects to the first page that the key may use. */
function FirstPage() {
  const { href, canRead } = useSession();
  const first = NAVIGATION.find(({ topic }) => canRead(topic));
  if (first) return <Redirect to={href(first.path)} replace />;
  return (
    <EmptyState
      fullPage
      title="Your key may use none of these pages"
      advice="They take PHONE_NUMBERS_READ, CONVERSATIONS_READ or CAMPAIGNS_READ. What your key may do is under Key, and GraphiQL does it."
    >
      <a className="button" href="/graphiql">
        GraphiQL
      </a>
    </EmptyState>
  );
}
