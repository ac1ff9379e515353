// Asks this site for news with one small question, again and again, and not at all while the page is
// hidden. The bank's pages and the teaching side's do so.
const PATIENCE = 10000;

// `question` returns the address to ask at. `heard` gets the answer, null if there's no news, and
// returns whether to go on at the `usual` pace, in milliseconds. After a failure the wait doubles up
// to `longest`, and `failed` gets it. `isOver` says when to stop, and `read` what to take from the
// answer. Returns how to ask at once, and how to say that something failed.
export function keepAsking({ usual, longest, question, heard, failed = () => {}, isOver = () => false, read = (answer) => answer.json() }) {
  let wait = usual, timer, asking = false;

  const fail = () => {
    wait = Math.min(wait * 2, longest);
    failed(wait);
  };

  const ask = async () => {
    clearTimeout(timer);
    if (asking || document.hidden || isOver()) return;
    asking = true;
    try {
      const answer = await fetch(question(), { signal: AbortSignal.timeout(PATIENCE) });
      if (!answer.ok) throw new Error(`The answer was ${answer.status}.`);
      if (heard(answer.status === 204 ? null : await read(answer))) wait = usual;
    } catch {
      fail();
    }
    asking = false;
    timer = setTimeout(ask, wait);
  };

  document.addEventListener("visibilitychange", ask);
  timer = setTimeout(ask, wait);
  return { ask, fail };
}
