import { type Cache, cacheExchange } from "@urql/exchange-graphcache";
import type { SetPhoneNumberShareableInput } from "../generated/graphql";
import schema from "../generated/introspection";

interface ObjectType {
  kind: string;
  name: string;
  fields?: readonly { name: string }[] | null;
}

/** What has no id is a part of its parent. */
const partsOfTheirParent = Object.fromEntries(
  (schema.__schema.types as readonly ObjectType[])
    .filter((type) => type.kind === "OBJECT" && !type.fields?.some((field) => field.name === "id"))
    .map((type) => [type.name, () => null]),
);

export function cache() {
  return cacheExchange({
    schema: schema as never,
    keys: partsOfTheirParent,
    optimistic: {
      setPhoneNumberShareable: (args, store) => switchedAtOnce(args.input as SetPhoneNumberShareableInput, store),
    },
    updates: {
      Mutation: {
        createOutboundConversation: (_result, _args, store) => forget(store, "conversations"),
        publishAgentVersion: (_result, _args, store) => forget(store, "agents"),
      },
      Subscription: {
        phoneNumbersUpdated: (result, _args, store) => {
          const change = result.phoneNumbersUpdated as { phoneNumberId: string; phoneNumber: unknown };
          if (!change.phoneNumber) store.invalidate({ __typename: "PhoneNumber", id: change.phoneNumberId });
        },
      },
    },
  });
}

/** The switch answers before the server does; a refusal takes this layer back. */
function switchedAtOnce(input: SetPhoneNumberShareableInput, store: Cache) {
  const number = { __typename: "PhoneNumber", id: input.phoneNumberId };
  return {
    __typename: "SetPhoneNumberShareablePayload",
    phoneNumber: { ...number, shareable: input.shareable, updatedAt: store.resolve(number, "updatedAt") },
    userErrors: [],
  } as never;
}

function forget(store: Cache, list: string): void {
  for (const field of store.inspectFields("Query")) {
    if (field.fieldName === list) store.invalidate("Query", field.fieldKey);
  }
}
