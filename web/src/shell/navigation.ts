import type { ResourceTopic } from "../session/Session";

/** The console's pages in navigation order, each with the topic that a key must be able to read. */
export const NAVIGATION: readonly { path: string; name: string; topic: ResourceTopic }[] = [
  { path: "/numbers", name: "Phone numbers", topic: "PHONE_NUMBERS" },
  { path: "/which-number", name: "Which number?", topic: "CONVERSATIONS" },
  { path: "/conversations", name: "Conversations", topic: "CONVERSATIONS" },
  { path: "/campaigns", name: "Campaigns", topic: "CAMPAIGNS" },
];
