import { Redirect, Route, Switch } from "wouter";
import { WhichNumberPage } from "./choosing/WhichNumberPage";
import { ConversationPage } from "./conversations/ConversationPage";
import { ConversationsPage } from "./conversations/ConversationsPage";
import { NumbersPage } from "./numbers/NumbersPage";
import { useSession } from "./session/Session";
import { NotFound } from "./shell/NotFound";
import { Shell } from "./shell/Shell";

export function Pages() {
  const { address } = useSession();
  return (
    <Shell>
      <Switch>
        <Route path="/">
          <Redirect to={address("/numbers")} replace />
        </Route>
        <Route path="/numbers" component={NumbersPage} />
        <Route path="/which-number" component={WhichNumberPage} />
        <Route path="/conversations" component={ConversationsPage} />
        <Route path="/conversations/:id">{({ id }) => <ConversationPage id={id} />}</Route>
        <Route component={NotFound} />
      </Switch>
    </Shell>
  );
}
