// Three counts of half a second, so that the page is seen before it does what it does.
const count = document.getElementById("count");
const go = () => location.replace(document.getElementById("runs").href);
const tick = () => {
  if (count.textContent === "1") return go();
  count.textContent -= 1;
  setTimeout(tick, 500);
};
setTimeout(tick, 500);
