// A walk that the address asks for is noted before anything can be clicked: a visitor who signs in at
// once may be faster than strip.js, and the next address doesn't have it. This runs before the page.
try {
  if (location.hash.startsWith("#try=")) sessionStorage.asked = location.hash;
} catch {
  // Storage is switched off: strip.js has the address only.
}
