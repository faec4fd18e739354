// A crawler goes over a site of three pages, whose answers are zipped, and says that it is complete before it has seen them all.
//
// https://github.com/simplecrawler/simplecrawler/issues/298: simplecrawler 0.7.0 counts a request as done when its body is there, and
// puts the links of that page into its queue when a thread has unzipped it. Its own tick, if it comes between the two, finds an empty
// queue and nothing under way, and ends the crawl. One late poll is enough.
//
//     npm install --prefix examples/guests
//     retick fuzz -- node examples/guests/simplecrawler_early.js
//
// needs: Node, and what npm installs by package.json
// finds: complete, with
// repaired: the argument "repaired": simplecrawler 1.1.9
const http = require('http');
const zlib = require('zlib');

const repaired = process.argv[2] === 'repaired';
const Crawler = require(repaired ? 'simplecrawler-repaired' : 'simplecrawler');
const pages = { '/': '<a href="/a">a</a> <a href="/b">b</a>', '/a': 'a', '/b': 'b' };

const server = http.createServer((request, response) => {
  response.setHeader('Content-Type', 'text/html');
  response.setHeader('Content-Encoding', 'gzip');
  response.statusCode = pages[request.url] === undefined ? 404 : 200;
  response.end(zlib.gzipSync(pages[request.url] || ''));
});

server.listen(7101, '127.0.0.1', () => {
  const crawler = repaired ? new Crawler('http://127.0.0.1:7101/') : new Crawler('127.0.0.1', '/', 7101);
  const seen = [];
  crawler.interval = 5;
  crawler.on('fetchcomplete', (item) => seen.push(item.path));
  crawler.on('complete', () => {
    server.close();
    server.closeAllConnections();
    if (seen.length !== 3) {
      console.error(`complete, with ${seen.length} of 3 pages`);
      process.exitCode = 1;
    }
  });
  crawler.start();
});
