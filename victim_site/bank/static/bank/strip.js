// The walk through one attack: "#try=<attack>.<position>" in the address asks for it, and the strip
// at the top of the bank then says what to do next; ".signed-out" behind it means that the attack
// meets a visitor who is not signed in, ".by-bank" that the bank's own page sends its request, and
// ".lesson.<slug>.<step>" that it began in a lesson, which shows what happened. Kept in this tab only.
const strip = document.querySelector(".strip");
const wanted = location.hash.match(/^#try=([a-z0-9-]+)\.(cross-site|subdomain|lookalike)(\.signed-out)?(\.by-bank)?(?:\.lesson\.([a-z0-9-]+)\.([a-z]+))?$/);

if (wanted) {
  const [, attack, position, signedOut, byBank, lesson, place] = wanted;
  const back = lesson && `/lessons/${lesson}/#${place}`;
  remember({ attack, position, signedOut: Boolean(signedOut), byBank: Boolean(byBank), back, opened: null });
}
// What has been said once is not said again on reload: not "the money is on its way", and not
// "your cookie did not come back" to somebody who has been signed out since.
const said = new URLSearchParams(location.search);
for (const name of ["done", "signed-in"]) if ("signedIn" in strip.dataset) said.delete(name);
if (wanted || said.size !== new URLSearchParams(location.search).size) {
  history.replaceState(null, "", location.pathname + (said.size ? `?${said}` : ""));
}
const walk = recall();
if (walk) showStep(walk);

function remember(state) {
  try {
    sessionStorage.setItem("walk", JSON.stringify(state));
  } catch {
    // Storage is switched off: the walk then ends with this page.
  }
}

function recall() {
  try {
    return JSON.parse(sessionStorage.getItem("walk"));
  } catch {
    return null;
  }
}

function showStep(walk) {
  const step = strip.querySelector(".step");
  const attack = strip.dataset[walk.position === "cross-site" ? "crossSite" : walk.position];
  step.replaceChildren();
  step.hidden = false;
  const signedIn = "signedIn" in strip.dataset;
  if (walk.opened) {
    step.append(
      signedIn || walk.signedOut ? "Step 3 of 3: " : "You are signed out. Was it you? Step 3 of 3: ",
      link("See what happened", seen(walk)),
      signedIn ? link("Reload the bank: is all as it was?", "/") : "",
    );
  } else if (signedIn !== Boolean(walk.signedOut)) {
    const open = link("Open the attacker’s page", attack.replace("ATTACK", walk.attack));
    open.target = "_blank";
    open.rel = "noopener";
    open.addEventListener("click", () => {
      walk.opened = Date.now();
      remember(walk);
      // After the click has been followed, so that it still leads to the attacker.
      setTimeout(() => showStep(walk));
    });
    step.append("Step 2 of 3: ", open, " Do what that page asks, then come back here.");
  } else {
    step.append(
      walk.signedOut
        ? "Step 1 of 3: sign out, with the button at the top. This attack meets visitors who are not signed in."
        : "Step 1 of 3: sign in. The name and the password are filled in.",
    );
  }
  const leave = document.createElement("button");
  leave.className = "quiet";
  leave.textContent = "Leave the tour";
  leave.addEventListener("click", () => {
    remember(null);
    step.hidden = true;
  });
  step.append(leave);
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
