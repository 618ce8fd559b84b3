// GraphQL Yoga with DataLoader, on Node's own http server; CACHED=1: with its response cache.
import { useResponseCache } from '@graphql-yoga/plugin-response-cache'
import DataLoader from 'dataloader'
import { createSchema, createYoga } from 'graphql-yoga'
import { createServer } from 'node:http'
import * as store from './store.js'

const load = (loader, id) => (id ? loader.load(id) : null)

const schema = createSchema({
  typeDefs: store.typeDefs,
  resolvers: {
    Query: {
      phoneNumbers: (_, { first }, { organization }) => store.numbers(organization, first),
      phoneNumber: (_, { e164 }, { organization }) => store.numberOf(organization, e164),
      previewOutboundNumber: (_, { input }, { organization }) => store.preview(organization, input),
    },
    Mutation: {
      createOutboundConversation: (_, { input }, { organization }) => store.create(organization, input),
    },
    PhoneNumber: {
      organization: (number, _, { loaders }) => load(loaders.organization, number.organizationId),
      trunk: (number, _, { loaders }) => load(loaders.trunk, number.trunkId),
    },
    Slot: { agentVersion: (slot, _, { loaders }) => load(loaders.agent_version, slot.agentVersionId) },
    AgentVersion: { agent: (version, _, { loaders }) => load(loaders.agent, version.agent_id) },
  },
})

const tables = ['organization', 'trunk', 'agent', 'agent_version']
const loaders = () =>
  Object.fromEntries(tables.map((table) => [table, new DataLoader(async (ids) => store.byIds(table, ids))]))

const yoga = createYoga({
  schema,
  logging: false,
  graphiql: false,
  plugins:
    process.env.CACHED === '1'
      ? [useResponseCache({ session: (request) => request.headers.get('authorization'), ttl: 60_000 })]
      : [],
  context: ({ request }) => ({ ...store.signIn(request.headers.get('authorization')), loaders: loaders() }),
})
createServer(yoga).listen(Number(process.env.PORT), '127.0.0.1')
