// Goes on by itself, on a host's first page once the bank has answered its embedded requests.
//
// No step stays in the tab's history: a link is followed by replacing the page, and a form that is
// sent before the page has loaded does so too. So the back button leads to where the visitor came
// from, and Firefox, which lets third-party cookies through for a site that lies between two visits
// to another in one history, has no reason to: a second run shows what the first did.
"use strict";

const go = document.getElementById("go");
const { echo } = go.dataset;
const leave = () => (go.form ? go.form.submit() : location.replace(go.href));

const fetched = () => fetch(`${echo}/fetch`, { method: "POST", mode: "no-cors", credentials: "include" });
// The bank answers the handshake and opens no socket. What counts is the cookies that it came with.
const refused = () => new Promise((resolve) => {
  new WebSocket(`${echo}/websocket`.replace("http", "ws")).onclose = resolve;
});
// The load event waits for the image and the frame.
const loaded = () => new Promise((resolve) => addEventListener("load", resolve));
const tooLong = () => new Promise((resolve) => setTimeout(resolve, 5000));

if (echo) {
  Promise.race([Promise.allSettled([loaded(), fetched(), refused()]), tooLong()]).then(leave);
} else {
  leave();
}
