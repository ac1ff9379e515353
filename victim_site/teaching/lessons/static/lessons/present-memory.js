// What outlives a reload in this tab. Where the browser keeps nothing, it's kept until then.
const kept = new Map();

export const remember = {
  get(name) {
    try {
      return sessionStorage.getItem(name);
    } catch {
      return kept.get(name) ?? null;
    }
  },
  set(name, value) {
    kept.set(name, value);
    try {
      sessionStorage.setItem(name, value);
    } catch {
      // Then it's in `kept` only.
    }
  },
};
