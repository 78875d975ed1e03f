// An OpenID provider on a free port of this machine, for the tests: who signs in is who they say. It ends when its standard input does.
// Its one argument is the client's redirect address; it prints where it is as one line of JSON.
import { createServer } from 'node:http';
import { Provider } from 'oidc-provider';

const people = {
  alice: { email: 'Alice@example.com', email_verified: true, name: 'Alice', groups: ['staff', 'parry-admins'] },
  bob: { email: 'bob@example.com', email_verified: false, groups: ['parry-viewers'] },
  carol: { email: 'carol@example.com', email_verified: true, groups: ['staff'] },
  dan: { email: 'dan@example.com', email_verified: true },
};
const client = { client_id: 'parry', client_secret: 'a secret of the tests', redirect_uris: [process.argv[2]] };

let handler;
const server = createServer((request, response) => handler(request, response));
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [client],
    scopes: ['openid'],
    claims: { email: ['email', 'email_verified'], profile: ['name', 'groups'] },
    // The ID token has the subject only; the rest is told by userinfo, as some providers do it.
    conformIdTokenClaims: process.argv[3] !== 'in-token',
    pkce: { required: () => true },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...people[id] }) }),
  });
  handler = provider.callback();
  process.stdout.write(JSON.stringify({ issuer, client: client.client_id, secret: client.client_secret }) + '\n');
});
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
