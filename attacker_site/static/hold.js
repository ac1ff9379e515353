// Three counts of half a second, so that the page is seen before it does what it does. It runs once:
// a fragment says that it has (home.js), or that the bank's guide led here and wants to know.
const count = document.getElementById("count"), runs = document.getElementById("runs");
const home = document.getElementById("home"), wait = document.getElementById("wait");
let timer;

const go = () => {
  clearTimeout(timer);
  runs.onclick = () => false;
  location.replace(runs.href + (location.hash && "#held"));
  return false;
};
const tick = () => {
  if (count.textContent === "1") return go();
  count.textContent -= 1;
  timer = setTimeout(tick, 500);
};

runs.onclick = go;
wait.onclick = () => {
  clearTimeout(timer);
  document.getElementById("says").textContent = "This is the attacker’s page. It waits for you.";
  wait.hidden = true;
  runs.focus();
};
if (location.hash) {
  home.onclick = () => {
    history.back();
    return false;
  };
}
if (location.hash === "#ran") {
  document.getElementById("says").textContent = "This is the attacker’s page. It has run.";
  runs.textContent = "Run it again";
  home.hidden = false;
} else {
  wait.hidden = false;
  timer = setTimeout(tick, 500);
}
