// The live statement: a WebSocket that the bank ends after a minute, and that is opened again while
// somebody looks.
const sum = document.getElementById("feed");
const state = document.getElementById("feed-state");
const payments = document.getElementById("feed-payments");
const LONGEST_WAIT = 30000;

function open(wait = 1000) {
  const address = new URL(sum.dataset.feed, location.href.replace(/^http/, "ws"));
  const feed = new WebSocket(address);
  feed.onmessage = ({ data }) => {
    wait = 1000;
    const statement = JSON.parse(data);
    sum.textContent = statement.balance ?? "–";
    state.textContent = "Live: payments appear here within a second.";
    payments.replaceChildren(
      ...statement.payments.map(({ from, to, amount }) => {
        const item = document.createElement("li");
        item.textContent = `${from} to ${to}: ${amount}`;
        return item;
      }),
    );
  };
  feed.onclose = () => {
    state.textContent = `The connection is closed. Trying again in ${wait / 1000} seconds.`;
    setTimeout(() => open(Math.min(wait * 2, LONGEST_WAIT)), wait);
  };
}

open();
