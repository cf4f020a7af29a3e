// Many viewers in one process: raw WebSockets that implement just enough of Engine.IO to be served, and count messages.
import WebSocket from 'ws';

const [url, count] = process.argv.slice(2);
let frames = 0;
let bytes = 0;

function viewer() {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`, {
      perMessageDeflate: false,
    });
    socket.on('message', (data) => {
      const text = data.toString();
      if (text.startsWith('0')) socket.send('40/leaderboard,');
      else if (text === '2') socket.send('3');
      else if (text.startsWith('40/leaderboard')) resolve();
      else if (text.startsWith('42/leaderboard')) {
        frames += 1;
        bytes += data.length;
      }
    });
    socket.on('error', reject);
  });
}

process.on('message', async (what) => {
  if (what === 'connect')
    for (let i = 0; i < Number(count); i += 50) await Promise.all(Array.from({ length: 50 }, viewer));
  process.send({ frames, bytes });
});
