// An HTTP server and its clients in Node: each adds to a counter that the server looks at, and writes after a wait.
const http = require('http');

let hits = 0;
let left = 9;
const server = http.createServer((request, response) => {
  const before = hits;
  setTimeout(() => {
    hits = before + 1;
    response.end(String(hits));
  }, 1);
});

function ask(number, times) {
  http.get({ host: '127.0.0.1', port: 8080, agent: false }, (response) => {
    let text = '';
    response.on('data', (chunk) => (text += chunk));
    response.on('end', () => {
      console.log(number, text);
      if (--left === 0) server.close();
      if (times > 1) setTimeout(() => ask(number, times - 1), 20 * number);
    });
  });
}

server.listen(8080, '127.0.0.1', () => [0, 1, 2].forEach((number) => ask(number, 3)));
