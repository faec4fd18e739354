// A client asks again 52 ms after each answer, over connections that its agent drops when they were idle for 50 ms; and is hung up on.
//
// https://github.com/node-modules/agentkeepalive/issues/23: when an idle connection's time is over, agentkeepalive 2.0.0 destroys it, and
// takes it out of its list of free ones only when it hears that it has closed. A request between the two gets the destroyed one. The server
// never closes a connection. One late timer brings the two together: the connection's and the client's then fire in one turn.
//
//     npm install --prefix examples/guests
//     retick fuzz -- node examples/guests/agentkeepalive_idle.js
//
// needs: Node, and what npm installs by package.json
// finds: the request failed: socket hang up
// repaired: the argument "repaired": agentkeepalive 2.0.2
const http = require('http');
const Agent = require(process.argv[2] === 'repaired' ? 'agentkeepalive-repaired' : 'agentkeepalive');

const agent = new Agent({ keepAliveTimeout: 50, timeout: 60000 });
const server = http.createServer((request, response) => response.end('hello'));
server.keepAliveTimeout = 0;
let left = 20;

function ask() {
  if (!left--) {
    server.close();
    server.closeAllConnections();
    return;
  }
  const request = http.get({ host: '127.0.0.1', port: 7091, agent }, (response) => {
    response.resume();
    response.on('end', () => setTimeout(ask, 52));
  });
  request.on('error', (error) => {
    console.error('the request failed: ' + error.message);
    process.exit(1);
  });
}

server.listen(7091, '127.0.0.1', ask);
