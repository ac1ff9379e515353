// The slides and the notes in their own window follow each other.
export const talk = (heard) => {
  const channel = "BroadcastChannel" in window ? new BroadcastChannel(location.pathname) : null;
  channel?.addEventListener("message", ({ data }) => heard(data));
  return { tell: (news) => channel?.postMessage(news) };
};
