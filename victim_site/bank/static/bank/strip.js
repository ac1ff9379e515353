// The walk through one attack: "#try=<attack>.<position>" in the address asks for it, and the strip
// at the top of the bank then says what to do next. Behind it may stand ".signed-out" (the attack
// meets a visitor who is not signed in), ".by-bank" (the bank's own page sends its request), ".click"
// (the attacker's page waits for a click), and ".lesson.<slug>.<step>" (it began in a lesson, which
// shows what happened). All tabs of a lab know of the walk: the attacker's page often ends in one.
const AN_HOUR = 3600 * 1000;
let waiting = false; // Whether the attacker's page was opened from here, and nothing was loaded since.
const strip = document.querySelector(".strip");
const wanted = location.hash.match(/^#try=([a-z0-9-]+)\.(cross-site|subdomain|lookalike)(\.signed-out)?(\.by-bank)?(\.click)?(?:\.lesson\.([a-z0-9-]+)\.([a-z]+)(\.present)?)?$/);

if (wanted) {
  const [, attack, position, signedOut, byBank, click, lesson, place, present] = wanted;
  const back = lesson && `/lessons/${lesson}/${present ? "present/" : ""}#${place}`;
  remember({ attack, position, signedOut: Boolean(signedOut), byBank: Boolean(byBank), click: Boolean(click), back, begun: Date.now(), opened: null });
}
// What has been said once is not said again on reload: not "the money is on its way", and not
// "your cookie did not come back" to somebody who has been signed out since.
const said = new URLSearchParams(location.search);
for (const name of ["done", "signed-in"]) if ("signedIn" in strip.dataset) said.delete(name);
if (wanted || said.size !== new URLSearchParams(location.search).size) {
  history.replaceState(null, "", location.pathname + (said.size ? `?${said}` : ""));
}
// Not inside a frame, where the attacker's page has the say, and the bank must look as it always does.
if (window === window.top) {
  showWhere();
  // Another tab has gone on, or begun another walk.
  addEventListener("storage", showWhere);
}

function showWhere() {
  const walk = recall();
  if (walk) showStep(walk);
  else strip.querySelector(".step").hidden = true;
}

function remember(state) {
  try {
    localStorage.setItem("walk", JSON.stringify(state));
  } catch {
    // Storage is switched off: the walk then ends with this page.
  }
}

function recall() {
  try {
    const walk = JSON.parse(localStorage.getItem("walk"));
    return walk && Date.now() - walk.begun < AN_HOUR ? walk : null;
  } catch {
    return null;
  }
}

function showStep(walk) {
  const step = strip.querySelector(".step");
  const signedIn = "signedIn" in strip.dataset;
  step.replaceChildren();
  step.hidden = false;
  if (walk.opened) {
    step.append(...whatNow(walk, signedIn));
  } else if (signedIn !== walk.signedOut) {
    step.append(
      "Step 2 of 3: ",
      attackersPage(walk),
      walk.click ? " Click what it offers." : " Look at it. If it stays, come back to this tab.",
    );
  } else {
    step.append(
      walk.signedOut
        ? "Step 1 of 3: sign out, with the button at the top. This attack meets visitors who are not signed in."
        : "Step 1 of 3: sign in. The name and the password are filled in.",
    );
  }
  step.append(leave(step));
}

// Step 3, by where the visitor is: where the attacker's page has led, or back in the tab before.
function whatNow(walk, signedIn) {
  const see = link("See what happened", seen(walk));
  see.addEventListener("click", () => remember(null));
  if (waiting) {
    return ["Step 3 of 3: has anything changed? ", link("Reload the bank", "/"), see];
  }
  if (cameFromAttacker()) {
    return ["Step 3 of 3: the attacker’s page has led you to your bank. ", see];
  }
  return [signedIn ? "You are still signed in. Step 3 of 3: " : walk.signedOut ? "Step 3 of 3: " : "You are signed out. Was it you? Step 3 of 3: ", see];
}

// The page before may have been on any host of the attacker's.
function cameFromAttacker() {
  if (!document.referrer) return false;
  const from = new URL(document.referrer).hostname;
  const { crossSite, subdomain } = strip.dataset;
  const evil = new URL(crossSite).hostname;
  return from === evil || from.endsWith(`.${evil}`) || from === new URL(subdomain).hostname;
}

function attackersPage(walk) {
  const address = strip.dataset[walk.position === "cross-site" ? "crossSite" : walk.position];
  // In a lesson, what would be gone in a blink is shown for a moment.
  const page = walk.back && !walk.click ? `${walk.attack}/hold` : walk.attack;
  const open = link("Open the attacker’s page", address.replace("ATTACK", page));
  open.target = "_blank";
  open.rel = "noopener";
  open.addEventListener("click", () => {
    walk.opened = Date.now();
    waiting = true;
    remember(walk);
    // After the click has been followed, so that it still leads to the attacker.
    setTimeout(() => showStep(walk));
  });
  return open;
}

function leave(step) {
  const button = document.createElement("button");
  button.className = "quiet";
  button.textContent = "Leave the guide";
  button.addEventListener("click", () => {
    remember(null);
    step.hidden = true;
  });
  return button;
}

function seen(walk) {
  const lab = strip.dataset.playground;
  if (walk.back) return new URL(walk.back, lab).href;
  return `${lab}attempt/?${walk.byBank ? "" : "by-others&"}since=${walk.opened}`;
}

function link(text, address) {
  const anchor = document.createElement("a");
  anchor.className = "button";
  anchor.href = address;
  anchor.textContent = text;
  return anchor;
}
