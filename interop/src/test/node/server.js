// SPDX-License-Identifier: Apache-2.0
'use strict';
// The conversations of Conversation.java, played by ws.
// Arguments: the files of a certificate and its key, in PEM; then, if not 127.0.0.1 and any free
// ports, the address to listen on, the plain port and the TLS port.
// The first two lines of standard output are the plain and the TLS port; each later line is the id,
// code and reason of a Close that was seen. The server ends with its standard input.
const fs = require('node:fs');
const http = require('node:http');
const https = require('node:https');
const { WebSocketServer } = require('ws');

const MAX_MESSAGE = 32 << 20;
const SUBPROTOCOL = 'parley.v2';
const PATH = '/talk/';
const [cert, key] = process.argv.slice(2, 4).map((file) => fs.readFileSync(file));
const [host = '127.0.0.1', plainPort = 0, securePort = 0] = process.argv.slice(4);

const ledgers = new Map();

function ledger(file) {
  if (!ledgers.has(file)) {
    ledgers.set(file, fs.openSync(file, 'a'));
  }
  return ledgers.get(file);
}

function talk(ws, request, tcp) {
  const [id, command, ...words] = request.url.slice(PATH.length).split('/').map(decodeURIComponent);

  const conversations = {
    echo: (data, binary) => ws.send(data, { binary }),
    fragments: (data, binary) => {
      const size = Number(words[0]);
      let from = 0;
      do {
        const to = Math.min(data.length, from + size);
        ws.send(data.subarray(from, to), { binary, fin: to === data.length });
        from = to;
      } while (from < data.length);
    },
    ping: (data) => ws.ping(data),
    close: () => ws.close(Number(words[0]), words[1]),
    ledger: (data, binary) => {
      fs.writeSync(ledger(words[0]), `${id} ${words[1]} ${data}\n`); // on record, whatever comes next
      ws.send(data, { binary });
    },
    cut: (data, binary) => {
      ws.send(data, { binary });
      ws.send(data.subarray(0, 1), { binary, fin: false }, () =>
        words[0] === 'rst' ? tcp.resetAndDestroy() : tcp.destroy());
    },
  };
  ws.on('message', conversations[command]);
  ws.on('pong', (data) => ws.send(`pong ${data}`));
  ws.on('close', (code, reason) => console.log(`${id} ${code} ${reason}`));
  ws.on('error', () => {}); // 'close' follows and says it all
}

function listen(server, port) {
  // Below TLS, which must not say goodbye when the connection is cut.
  const tcpOf = new Map();
  server.on('connection', (tcp) => {
    if (!tcp.encrypted) {
      tcpOf.set(tcp.remotePort, tcp);
      tcp.on('close', () => tcpOf.delete(tcp.remotePort));
    }
  });
  const wss = new WebSocketServer({
    server,
    maxPayload: MAX_MESSAGE,
    perMessageDeflate: { threshold: 0 },
    handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
  });
  wss.shouldHandle = (request) => request.url.startsWith(PATH);
  wss.on('connection', (ws, request) => talk(ws, request, tcpOf.get(request.socket.remotePort)));
  process.on('SIGTERM', () => wss.clients.forEach((ws) => ws.close(1012, 'restart')));
  return new Promise((resolve) => server.listen(Number(port), host, () => resolve(server.address().port)));
}

Promise.all([
  listen(http.createServer(), plainPort),
  listen(https.createServer({ cert, key }), securePort),
]).then((ports) => console.log(ports.join('\n')));

process.on('SIGTERM', () => setTimeout(() => process.exit(0), 200));
process.stdin.on('end', () => process.exit(0)).resume();
